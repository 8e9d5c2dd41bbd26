// What the visitor does in the page, by what only a hand does: scripts scroll too, and so does
// whatever follows the agent.

/** Keys that do nothing to a page; Escape has a meaning of its own. */
const IDLE = ["Shift", "Control", "Alt", "AltGraph", "Meta", "CapsLock", "Escape"];
/** Keys that scroll the page where the panel has no use for them. */
const SCROLL = ["PageUp", "PageDown", "Home", "End", "ArrowUp", "ArrowDown"];

/**
 * Runs when the visitor scrolls, clicks or types, but for what they do in the panel. In a frame of the
 * page it is seen that they went there, by a click or a key, and not that they only scroll it.
 */
export function watchOwnInput(panel: ShadowRoot, signal: AbortSignal, run: () => void): void {
  const options = { signal, capture: true, passive: true };
  const heed = (event: Event) => {
    const key = event instanceof KeyboardEvent ? event.key : "";
    const inPanel = event.composedPath().includes(panel.host);
    const uses = panel.activeElement?.matches("textarea, input, [role=log]");
    const own = inPanel ? SCROLL.includes(key) && !uses : !IDLE.includes(key);
    if (event.isTrusted && own) {
      run();
    }
  };
  for (const type of ["wheel", "touchmove", "pointerdown", "keydown"]) {
    addEventListener(type, heed, options);
  }
  const through = (event: Event) => {
    if (event.isTrusted && !event.composedPath().some(scrolls)) {
      run();
    }
  };
  for (const type of ["wheel", "touchmove"]) {
    panel.addEventListener(type, through, options);
  }
  // Of a frame no more is told than that it has the focus by now. A script gives it that, too.
  const entered = () => {
    const byHand = navigator.userActivation?.isActive ?? true;
    if (byHand && focused()?.localName === "iframe") {
      run();
    }
  };
  // Firefox says which element has it a moment later.
  addEventListener("blur", () => setTimeout(entered), { signal });
}

/** A part of the panel that scrolls, and keeps that to itself; of all others the page behind scrolls. */
const scrolls = (part: EventTarget): boolean =>
  part instanceof Element &&
  part.matches(".body, [role=log], textarea") &&
  part.scrollHeight > part.clientHeight;

/** What has the focus, as far as the page lets others see. */
function focused(): Element | null {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) {
    element = element.shadowRoot.activeElement;
  }
  return element;
}
