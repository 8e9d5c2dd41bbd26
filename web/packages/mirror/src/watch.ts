// The visitor's pointer and scroll, told once for each picture of the screen, and clicks.

import type { Glance } from "@isession/protocol";

export interface WatchOptions {
  window: Window;
  /** Whether the agent may know that the pointer is on this: where it is on a keypad is a code. */
  mayShow(target: Node): boolean;
  tell(glance: Glance): void;
}

/** Where the pointer is in the window, and on what. */
interface Place {
  x: number;
  y: number;
  on: Node;
}

/** Positions are whole CSS pixels from the document's origin. */
export function watchPointer({ window, mayShow, tell }: WatchOptions): () => void {
  const { document } = window;
  const end = new AbortController();
  const options = { signal: end.signal, capture: true, passive: true };
  let n = 0;
  let pointer: Place | null = null;
  /** The agent was told that there is a pointer. */
  let told = false;
  let scrolled = true;
  let frame = 0;
  const flush = (): void => {
    frame = 0;
    const { scrollX, scrollY } = window;
    const shown = pointer !== null && mayShow(pointer.on) ? pointer : null;
    if (shown || told) {
      n += 1;
      // Where the page moves under it, the pointer is at another place of the page.
      const at = shown && { x: Math.round(shown.x + scrollX), y: Math.round(shown.y + scrollY) };
      tell({ type: "pointer", n, ...(at && { at }) });
    }
    told = shown !== null;
    if (scrolled) {
      n += 1;
      tell({ type: "scroll", n, at: { x: Math.round(scrollX), y: Math.round(scrollY) } });
      scrolled = false;
    }
  };
  const soon = (): void => {
    frame ||= window.requestAnimationFrame(flush);
  };
  const move = (event: PointerEvent): void => {
    const [on] = event.composedPath();
    pointer = on ? { x: event.clientX, y: event.clientY, on: on as Node } : null;
    soon();
  };
  const leave = (): void => {
    pointer = null;
    soon();
  };
  const click = (event: MouseEvent): void => {
    const [on] = event.composedPath();
    // Keys click without a place, and scripts without a person.
    if (event.isTrusted && event.detail > 0 && on && mayShow(on as Node)) {
      const { scrollX, scrollY } = window;
      const at = { x: Math.round(event.clientX + scrollX), y: Math.round(event.clientY + scrollY) };
      tell({ type: "click", at });
    }
  };
  /** Fingers are nowhere once they are lifted. */
  const lift = ({ pointerType }: PointerEvent): void => {
    if (pointerType === "touch") {
      leave();
    }
  };
  document.addEventListener("pointerdown", move, options);
  document.addEventListener("pointermove", move, options);
  document.addEventListener("click", click, options);
  // Another element may come under a pointer that rests.
  document.addEventListener("pointerover", move, options);
  document.addEventListener("pointerup", lift, options);
  document.addEventListener("pointercancel", lift, options);
  // It comes from each element, and the pointer left the page only with the outermost.
  document.documentElement.addEventListener("pointerleave", leave, {
    signal: end.signal,
    passive: true,
  });
  document.addEventListener(
    "scroll",
    (event) => {
      if (event.target === document) {
        scrolled = true;
        soon();
      }
    },
    options,
  );
  soon();
  return () => {
    end.abort();
    window.cancelAnimationFrame(frame);
  };
}
