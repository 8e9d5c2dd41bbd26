// Keeps the layer over what a page puts into the top layer of its window: modal dialogs, popovers, and
// what fills the screen. It lies there as a manual popover, which closes no other and takes no focus.

import { closest, rootOf } from "./bare";

/** What lies in the top layer. */
const TOP = ":modal, :popover-open, :fullscreen";
/** Not everything that opens there is told: while something is drawn it is looked for so often. */
const OFTEN = 500;
/** What browsers make of popovers, undone. */
const PLAIN = { margin: "0", border: "0", padding: "0", background: "none", color: "inherit" };

export interface Above {
  /** Something is drawn; with an element, in that one's part of the page. */
  look(element?: Element): void;
  close(): void;
}

/** While `isAsked`, something of ours lies over the page, and over the layer too. */
export function keepAbove(layer: HTMLElement, isAsked: () => boolean): Above {
  if (!("popover" in layer)) {
    // A browser that knows none would not understand the question either: drawn under them, as it can.
    return { look: () => {}, close: () => {} };
  }
  const { ownerDocument: document } = layer;
  const window = document.defaultView as Window;
  for (const [name, value] of Object.entries({ ...PLAIN, width: "auto", height: "auto" })) {
    layer.style.setProperty(name, value);
  }
  /** What the layer was put over. */
  let under: Element[] = [];
  /** In a shadow root, where documents do not look. */
  let inner: Element | null = null;
  let looked = Number.NEGATIVE_INFINITY;

  const lower = () => {
    if (layer.popover !== null) {
      layer.hidePopover();
      layer.popover = null;
    }
    under = [];
  };
  const check = (again: boolean) => {
    looked = window.performance.now();
    const tops = [...document.querySelectorAll(TOP)];
    if (inner?.isConnected && inner.matches(TOP)) {
      tops.push(inner);
    }
    if (tops.length === 0) {
      lower();
    } else if ((again || tops.some((top) => !under.includes(top))) && !isAsked()) {
      // What comes last is uppermost.
      lower();
      layer.popover = "manual";
      layer.showPopover();
      under = tops;
    }
  };
  const end = new AbortController();
  const options = { signal: end.signal, capture: true, passive: true };
  // The same element may open anew, and is uppermost then.
  const toggled = (event: Event) => check((event as ToggleEvent).newState === "open");
  document.addEventListener("toggle", toggled, options);
  document.addEventListener("fullscreenchange", () => check(true), options);
  check(false);
  return {
    look(element) {
      if (element) {
        inner = over(element, TOP);
        check(false);
      } else if (window.performance.now() - looked >= OFTEN) {
        check(false);
      }
    },
    close() {
      end.abort();
      lower();
    },
  };
}

/** What an element is in of what is selected, out of shadow roots too. */
export function over(element: Element, selectors: string): Element | null {
  for (let inside: Element | null = element; inside; ) {
    const top: Element | null = closest(inside, selectors);
    if (top) {
      return top;
    }
    const root = rootOf(inside);
    inside = "host" in root ? (root.host as Element) : null;
  }
  return null;
}
