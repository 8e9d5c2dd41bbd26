// The visitor's pointer and scroll, told once for each picture of the screen.

import type { Glance } from "@isession/protocol";

/** Positions are whole CSS pixels from the document's origin. */
export function watchPointer(window: Window, tell: (glance: Glance) => void): () => void {
  const { document } = window;
  const end = new AbortController();
  const options = { signal: end.signal, capture: true, passive: true };
  let n = 0;
  let pointer: { x: number; y: number } | null | undefined;
  let scrolled = true;
  let frame = 0;
  const flush = (): void => {
    frame = 0;
    const { scrollX, scrollY } = window;
    if (pointer !== undefined) {
      n += 1;
      const at = pointer && { x: whole(pointer.x + scrollX), y: whole(pointer.y + scrollY) };
      tell({ type: "pointer", n, ...(at && { at }) });
    }
    if (scrolled) {
      n += 1;
      tell({ type: "scroll", n, at: { x: whole(scrollX), y: whole(scrollY) } });
      scrolled = false;
    }
    // Where the page moves under it, the pointer is at another place of the page.
    if (pointer === null) {
      pointer = undefined;
    }
  };
  const soon = (): void => {
    frame ||= window.requestAnimationFrame(flush);
  };
  const move = (event: Event): void => {
    const { clientX, clientY, pointerType } = event as PointerEvent;
    // Fingers come and go; where they touch shows as a click.
    pointer = pointerType === "touch" ? undefined : { x: clientX, y: clientY };
    soon();
  };
  document.addEventListener("pointermove", move, options);
  document.documentElement.addEventListener(
    "pointerleave",
    () => {
      pointer = null;
      soon();
    },
    options,
  );
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

const whole = (px: number): number => Math.round(px);
