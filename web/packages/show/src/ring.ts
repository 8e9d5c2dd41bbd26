// A frame round the element that the agent points at. It goes with its element, whatever moves that.

import { boxOf, documentOf, isThere } from "./bare";
import { COLOR, dress } from "./marks";

/** An element stays framed for so long, unless it is used or another takes its place. */
export const STAYS = 30_000;
/** Between the element and its frame. */
const MARGIN = 5;

/** Where something is in a window. */
export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

export interface Framed {
  /** The element, looked up for each picture of the screen; null while it is not there. */
  find(): Element | null;
  /** The document in whose window it is seen. */
  within: Document;
  /** Pixels of the frame's parent for each of that window. */
  scale(): number;
  /** For how long, in milliseconds. */
  stays: number;
}

export class Ring {
  readonly #window: Window;
  readonly #ring: HTMLElement;
  #framed: (Framed & { until: number }) | null = null;
  #frame = 0;

  constructor(parent: HTMLElement) {
    this.#window = parent.ownerDocument.defaultView as Window;
    this.#ring = parent.ownerDocument.createElement("div");
    this.#ring.className = "ring";
    dress(this.#ring, {
      position: "absolute",
      inset: "0 auto auto 0",
      display: "none",
      "box-sizing": "border-box",
      border: `3px solid ${COLOR}`,
      "border-radius": "8px",
      "box-shadow": `0 0 0 2px #fff, inset 0 0 0 2px #fff, 0 0 16px 4px ${COLOR}66`,
      "pointer-events": "none",
    });
    parent.append(this.#ring);
  }

  /** What is framed. */
  get element(): Element | null {
    return this.#framed?.find() ?? null;
  }

  show(framed: Framed): void {
    this.#framed = { ...framed, until: this.#window.performance.now() + framed.stays };
    this.#window.cancelAnimationFrame(this.#frame);
    this.#follow();
  }

  /** Frames nothing any more. */
  clear(): void {
    this.#framed = null;
    this.#window.cancelAnimationFrame(this.#frame);
    this.#follow();
  }

  close(): void {
    this.clear();
    this.#ring.remove();
  }

  #follow = (): void => {
    const framed = this.#framed;
    if (!framed || this.#window.performance.now() >= framed.until) {
      this.#framed = null;
      dress(this.#ring, { display: "none" });
      return;
    }
    const element = framed.find();
    const place = element && placeOf(element, framed.within);
    dress(this.#ring, { display: place ? "block" : "none" });
    if (place) {
      const scale = framed.scale();
      const { left, top, width, height } = place;
      dress(this.#ring, {
        transform: `translate(${left * scale - MARGIN}px, ${top * scale - MARGIN}px)`,
        width: `${width * scale + 2 * MARGIN}px`,
        height: `${height * scale + 2 * MARGIN}px`,
      });
    }
    this.#frame = this.#window.requestAnimationFrame(this.#follow);
  };
}

/** Where an element is in the window of `within`; null if it is not to be seen anywhere. */
export function placeOf(element: Element, within: Document): Box | null {
  if (!isThere(element)) {
    return null;
  }
  const { left, top, width, height } = boxOf(element);
  const place = { left, top, width, height };
  // A frame's elements are placed in the frame.
  for (let document = documentOf(element); document !== within; ) {
    const frame = document?.defaultView?.frameElement;
    if (!frame) {
      return null;
    }
    const outer = frame.getBoundingClientRect();
    place.left += outer.left + frame.clientLeft;
    place.top += outer.top + frame.clientTop;
    document = documentOf(frame);
  }
  return width > 0 || height > 0 ? place : null;
}
