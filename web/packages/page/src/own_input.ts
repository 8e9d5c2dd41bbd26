// What the visitor does in the page, by what only a hand does: scripts scroll too, and so does
// whatever follows the agent.

/** Keys that do nothing to a page; Escape has a meaning of its own. */
const IDLE = ["Shift", "Control", "Alt", "AltGraph", "Meta", "CapsLock", "Escape"];

/** Runs when the visitor scrolls, clicks or types, but for what they do in the panel. */
export function watchOwnInput(panel: Element, signal: AbortSignal, run: () => void): void {
  const options = { signal, capture: true, passive: true };
  const heed = (event: Event) => {
    const idle = event instanceof KeyboardEvent && IDLE.includes(event.key);
    if (event.isTrusted && !idle && !event.composedPath().includes(panel)) {
      run();
    }
  };
  for (const type of ["wheel", "touchmove", "pointerdown", "keydown"]) {
    addEventListener(type, heed, options);
  }
}
