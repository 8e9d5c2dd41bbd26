// The layer over the visitor's page: the agent's marks, and a frame round the element that the agent
// points at. It never takes input. Loaded only once the visitor has agreed.

import type { Glance } from "@isession/protocol";
import { keepAbove, over } from "./above";
import { dress, Marks } from "./marks";
import { placeOf, Ring, STAYS } from "./ring";

export interface Layer {
  /** A glance of the agent. */
  take(glance: Glance): void;
  /** Frames an element, brings it into view, and says it: `label` is what people call it. */
  highlight(element: Element, label: string): void;
  /** The agent's side begins anew. */
  clear(): void;
  close(): void;
}

/** What can be read out by an element, where browsers know of that. */
type Speaker = Element & { ariaNotify?(words: string): void };

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
  root.append(layer, voice);
  const above = keepAbove(layer, () => root.querySelector("dialog[open]") !== null);
  const ring = new Ring(layer);
  const marks = new Marks(layer);
  const lie = () => marks.lie({ scale: 1, scroll: { x: window.scrollX, y: window.scrollY } });
  lie();

  const end = new AbortController();
  const options = { signal: end.signal, capture: true, passive: true };
  document.addEventListener("scroll", lie, options);
  window.addEventListener("resize", lie, options);
  document.addEventListener(
    "pointerdown",
    (event) => {
      const { element } = ring;
      // Found, in a shadow root too.
      if (element && event.composedPath().includes(element)) {
        ring.clear();
      }
    },
    options,
  );
  return {
    take(glance) {
      above.look();
      marks.take(glance);
    },
    highlight(element, label) {
      above.look(element);
      bringIntoView(window, element);
      ring.show({ find: () => element, within: document, scale: () => 1, stays: STAYS });
      const words = label ? `Agent points at: ${label}` : "Agent points at something";
      // The same words again are news all the same.
      voice.textContent = "";
      window.requestAnimationFrame(() => {
        voice.textContent = words;
      });
      // Beside a modal dialog nothing of the page is read out, and so neither is the voice. Of several
      // the last is most likely the one that is not inert; in a shadow root only the element knows it.
      const last = [...document.querySelectorAll(":modal")].at(-1);
      for (const modal of new Set<Speaker | null | undefined>([last, over(element, ":modal")])) {
        modal?.ariaNotify?.(words);
      }
    },
    clear() {
      marks.clear();
      ring.clear();
    },
    close() {
      end.abort();
      above.close();
      ring.close();
      marks.close();
      layer.remove();
      voice.remove();
    },
  };
}

function bringIntoView(window: Window, element: Element): void {
  const place = placeOf(element, window.document);
  const inView =
    place &&
    place.top >= 0 &&
    place.left >= 0 &&
    place.top + place.height <= window.innerHeight &&
    place.left + place.width <= window.innerWidth;
  if (!inView) {
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    Element.prototype.scrollIntoView.call(element, {
      block: "center",
      inline: "nearest",
      behavior: still ? "instant" : "smooth",
    });
  }
}
