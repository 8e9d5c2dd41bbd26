// Tells, after a stated time, that the other side has vanished: people should not have to guess.

import { type Clock, type Readable, systemClock, Value } from "./ports";
import type { SessionView } from "./session";

/** After that, waiting is a choice. Browsers and networks mend most gaps much sooner. */
export const VANISHED = 60_000;

/** Whether the other side has not been reachable for so long. */
export function vanished(
  view: Readable<SessionView>,
  clock: Clock = systemClock,
): Readable<boolean> {
  const gone = new Value(false);
  let cancel: (() => void) | null = null;
  const look = () => {
    const { connection } = view.get();
    if (connection === "open" || connection === "ended") {
      cancel?.();
      cancel = null;
      gone.set(false);
    } else {
      cancel ??= clock.after(VANISHED, () => gone.set(true));
    }
  };
  view.subscribe(look);
  look();
  return gone;
}
