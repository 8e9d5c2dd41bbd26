// One visit, one window: a newer window takes the visit over from the one before.

import { type Clock, randomEpoch } from "@isession/peer";
import type { Remembered } from "./memory";

/** A window that lives answers sooner; one that died must not be waited for. */
const PATIENCE = 200;

/** What windows tell each other. Lives are ordered: the later one gets the visit. */
export type Word =
  | { kind: "take"; life: string }
  | { kind: "given"; life: string; state: Remembered };

/** The part of a BroadcastChannel that is used here. */
export interface Channel {
  postMessage(word: Word): void;
  onmessage: ((message: MessageEvent<Word>) => void) | null;
}

export class Once {
  readonly #channel: Channel;
  readonly #clock: Clock;
  readonly #life: string;
  #give: (() => Remembered | null) | null = null;
  #given: (state: Remembered | null) => void = () => {};
  /** A later window asked before there was anything to give. */
  #asked: string | null = null;

  constructor(channel: Channel, clock: Clock) {
    this.#channel = channel;
    this.#clock = clock;
    this.#life = `${clock.now()} ${randomEpoch()}`;
    channel.onmessage = ({ data }) => this.#hear(data);
  }

  /** Takes the visit. `wait`: another window seems to hold it; its latest state is waited for. */
  async take(wait: boolean): Promise<Remembered | null> {
    this.#channel.postMessage({ kind: "take", life: this.#life });
    return wait
      ? new Promise((resolve) => {
          this.#given = resolve;
          this.#clock.after(PATIENCE, () => resolve(null));
        })
      : null;
  }

  /** From now on, gives the visit to a later window that asks. */
  serve(give: () => Remembered | null): void {
    this.#give = give;
    if (this.#asked !== null) {
      this.#hear({ kind: "take", life: this.#asked });
    }
  }

  #hear(word: Word): void {
    if (word.kind === "given") {
      if (word.life === this.#life) {
        this.#given(word.state);
      }
    } else if (word.life > this.#life) {
      if (this.#give) {
        const state = this.#give();
        // A window that holds nothing leaves the answer to the one that does.
        if (state) {
          this.#channel.postMessage({ kind: "given", life: word.life, state });
        }
      } else {
        this.#asked = word.life;
      }
    }
  }
}
