// Where the focus goes when what it was on goes away: people at the keyboard work on from there.

import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

/** The heading that takes the focus where nothing else is at hand. */
export const WAITING = "waiting-title";

/** For a part that may go away with the focus on it, which then goes to what is at hand. */
export function useHandingOn<T extends HTMLElement>(): RefObject<T | null> {
  const part = useRef<T>(null);
  useLayoutEffect(() => {
    const here = part.current;
    return () => {
      if (here?.contains(document.activeElement)) {
        // What comes in its place is there after this.
        queueMicrotask(focusAtHand);
      }
    };
  }, []);
  return part;
}

/** The box to write in, or the session's tab, or who waits. */
function focusAtHand(): void {
  const choices = [
    '[role="tabpanel"] textarea',
    '[role="tab"][aria-selected="true"]',
    `#${WAITING}`,
  ];
  for (const choice of choices) {
    const element = document.querySelector<HTMLElement>(choice);
    if (element) {
      element.focus();
      return;
    }
  }
}
