// The layer over the visitor's page: the agent's marks, and a frame round the element that the agent
// points at. It never takes input. Loaded only once the visitor has agreed.

import type { Glance } from "@isession/protocol";
import { COLOR, dress, Marks } from "./marks";

/** An element stays framed for so long, unless the visitor uses it or another takes its place. */
const STAYS = 30_000;
/** Between the element and its frame. */
const MARGIN = 5;

export interface Layer {
  /** A glance of the agent. */
  take(glance: Glance): void;
  /** Frames an element, brings it into view, and says it: `label` is what people call it. */
  highlight(element: Element, label: string): void;
  /** The agent's side begins anew. */
  clear(): void;
  close(): void;
}

/** Draws into a root that the page does not look into. */
export function openLayer(root: ShadowRoot): Layer {
  const { ownerDocument: document } = root;
  const window = document.defaultView as Window;
  const layer = document.createElement("div");
  layer.className = "layer";
  const inside = { position: "fixed", inset: "0", overflow: "hidden", "pointer-events": "none" };
  dress(layer, inside);
  const voice = document.createElement("p");
  voice.setAttribute("role", "status");
  voice.setAttribute("aria-label", "Pointed at");
  voice.className = "unseen";
  const ring = document.createElement("div");
  ring.className = "ring";
  dress(ring, {
    position: "absolute",
    inset: "0 auto auto 0",
    display: "none",
    "box-sizing": "border-box",
    border: `3px solid ${COLOR}`,
    "border-radius": "8px",
    "box-shadow": `0 0 0 2px #fff, inset 0 0 0 2px #fff, 0 0 16px 4px ${COLOR}66`,
  });
  layer.append(ring);
  root.append(layer, voice);
  const marks = new Marks(layer);
  const lie = () => marks.lie({ scale: 1, scroll: { x: window.scrollX, y: window.scrollY } });
  lie();

  const end = new AbortController();
  let framed: { element: Element; until: number } | null = null;
  let frame = 0;
  const follow = () => {
    const now = window.performance.now();
    const place = framed && now < framed.until ? placeOf(framed.element) : null;
    if (!place) {
      framed = null;
    }
    dress(ring, { display: place ? "block" : "none" });
    if (place) {
      dress(ring, {
        transform: `translate(${place.left - MARGIN}px, ${place.top - MARGIN}px)`,
        width: `${place.width + 2 * MARGIN}px`,
        height: `${place.height + 2 * MARGIN}px`,
      });
    }
    // It goes with its element, whatever moves that.
    frame = place ? window.requestAnimationFrame(follow) : 0;
  };
  const options = { signal: end.signal, capture: true, passive: true };
  document.addEventListener("scroll", lie, options);
  window.addEventListener("resize", lie, options);
  document.addEventListener(
    "pointerdown",
    ({ target }) => {
      // Found.
      if (target instanceof Node && framed?.element.contains(target)) {
        framed = null;
      }
    },
    options,
  );
  return {
    take: (glance) => marks.take(glance),
    highlight(element, label) {
      framed = { element, until: window.performance.now() + STAYS };
      bringIntoView(window, element);
      window.cancelAnimationFrame(frame);
      follow();
      // The same words again are news all the same.
      voice.textContent = "";
      window.requestAnimationFrame(() => {
        voice.textContent = label ? `Agent points at: ${label}` : "Agent points at something";
      });
    },
    clear() {
      marks.clear();
      framed = null;
    },
    close() {
      end.abort();
      window.cancelAnimationFrame(frame);
      marks.close();
      layer.remove();
      voice.remove();
    },
  };
}

/** Where an element is in the window; null if it is not to be seen anywhere. */
function placeOf(
  element: Element,
): { left: number; top: number; width: number; height: number } | null {
  if (!element.isConnected) {
    return null;
  }
  const { left, top, width, height } = element.getBoundingClientRect();
  const place = { left, top, width, height };
  // A frame's elements are placed in the frame.
  for (let frame = frameOf(element); frame; frame = frameOf(frame)) {
    const outer = frame.getBoundingClientRect();
    place.left += outer.left + frame.clientLeft;
    place.top += outer.top + frame.clientTop;
  }
  return width > 0 || height > 0 ? place : null;
}

const frameOf = (element: Element): Element | null =>
  element.ownerDocument.defaultView?.frameElement ?? null;

function bringIntoView(window: Window, element: Element): void {
  const place = placeOf(element);
  const inView =
    place &&
    place.top >= 0 &&
    place.left >= 0 &&
    place.top + place.height <= window.innerHeight &&
    place.left + place.width <= window.innerWidth;
  if (!inView) {
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    element.scrollIntoView({
      block: "center",
      inline: "nearest",
      behavior: still ? "instant" : "smooth",
    });
  }
}
