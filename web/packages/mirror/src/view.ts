// The console's side of a mirror: a frame, and a port into it. Nothing of what the visitor sent is
// read here.

import type { Point } from "@isession/protocol";
import { type FromFrame, type Hit, type Placing, readFromFrame, type ToFrame } from "./port";

export type { Placing } from "./port";

export interface ViewOptions {
  site: string;
  /** The mirror is shown in here. */
  parent: HTMLElement;
  /** A page is shown. */
  onShown(view: string, href: string): void;
  onPlaced(placing: Placing): void;
  /** What came is no mirror; one that begins anew has to be asked for. */
  onBroken(): void;
}

/** What is somewhere in the picture. */
export interface Spot extends Hit {
  /** The life of the page that numbers it. */
  view: string;
}

/** Messages, and bytes in them, that wait for the frame. Beyond either the mirror is broken. */
const MESSAGES = 1024;
const BYTES = 16 * 1024 * 1024;
/** Questions that wait for an answer. */
const QUESTIONS = 64;

export class MirrorView {
  readonly #options: ViewOptions;
  readonly #frame = document.createElement("iframe");
  readonly #port: MessagePort;
  readonly #end = new AbortController();
  readonly #questions = new Map<number, (spot: Spot | null) => void>();
  #waiting: ArrayBuffer[] | null = [];
  /** Bytes that the frame has not taken yet. */
  #bytes = 0;
  /** Messages are thrown away until it has taken all. */
  #behind = false;
  #asked = 0;
  #placing: Placing | null = null;
  #view: string | null = null;

  constructor(options: ViewOptions) {
    this.#options = options;
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.onmessage = ({ data }) => {
      const message = readFromFrame(data);
      if (message) {
        this.#hear(message);
      }
    };
    const frame = this.#frame;
    frame.title = "The visitor's page";
    frame.src = `/mirror/${encodeURIComponent(options.site)}`;
    // Pictures of the site must not take the agent's own cookies there with them.
    frame.setAttribute("credentialless", "");
    frame.referrerPolicy = "no-referrer";
    const take = ({ source, origin, data }: MessageEvent) => {
      if (source === frame.contentWindow && origin === location.origin && data === "mirror") {
        frame.contentWindow?.postMessage("mirror", location.origin, [port2]);
      }
    };
    addEventListener("message", take, { signal: this.#end.signal });
    options.parent.append(frame);
  }

  /** The life of the page that is shown. */
  get view(): string | null {
    return this.#view;
  }

  /** A message of `bulk`, of the mirror's kind. */
  take(message: ArrayBuffer): void {
    this.#bytes += message.byteLength;
    if (this.#bytes > BYTES || (this.#waiting && this.#waiting.length >= MESSAGES)) {
      this.#bytes -= message.byteLength;
      if (!this.#behind) {
        this.#behind = true;
        this.reset();
        this.#options.onBroken();
      }
    } else if (this.#waiting) {
      this.#waiting.push(message);
    } else {
      this.#port.postMessage(message, [message]);
    }
  }

  pointer(n: number, at: Point | null): void {
    this.#tell({ type: "pointer", n, at });
  }

  scroll(n: number, at: Point): void {
    this.#tell({ type: "scroll", n, at });
  }

  /** The visitor clicked. */
  click(at: Point): void {
    this.#tell({ type: "click", at });
  }

  /** Frames an element for so many milliseconds; null: none any more. */
  frame(node: number | null, stays = 0): void {
    this.#tell({ type: "frame", node, stays });
  }

  /** There is another channel: what was not complete never will be. */
  reset(): void {
    this.#view = null;
    if (this.#waiting) {
      this.#waiting = [];
      this.#bytes = 0;
      this.#behind = false;
    }
    this.#tell({ type: "reset" });
  }

  /** What is at this point of the frame, in its own pixels. */
  at(point: Point): Promise<Spot | null> {
    if (this.#waiting || this.#questions.size >= QUESTIONS) {
      return Promise.resolve(null);
    }
    this.#asked += 1;
    const n = this.#asked;
    return new Promise((resolve) => {
      this.#questions.set(n, resolve);
      this.#tell({ type: "hit", n, at: point });
    });
  }

  /** The point of the page that is at this point of the frame. */
  toPage({ x, y }: Point): Point | null {
    const placing = this.#placing;
    return (
      placing && {
        x: Math.round(x / placing.scale + placing.scroll.x),
        y: Math.round(y / placing.scale + placing.scroll.y),
      }
    );
  }

  close(): void {
    this.#end.abort();
    this.#port.close();
    this.#frame.remove();
    for (const answer of this.#questions.values()) {
      answer(null);
    }
    this.#questions.clear();
  }

  #tell(message: ToFrame): void {
    if (!this.#waiting) {
      this.#port.postMessage(message);
    }
  }

  #hear(message: FromFrame): void {
    const { onShown, onPlaced, onBroken } = this.#options;
    switch (message.type) {
      case "ready":
        for (const waiting of this.#waiting?.splice(0) ?? []) {
          this.#port.postMessage(waiting, [waiting]);
        }
        this.#waiting = null;
        break;
      case "took":
        this.#bytes = Math.max(0, this.#bytes - message.bytes);
        this.#behind &&= this.#bytes > 0;
        break;
      case "placed":
        this.#placing = message.placing;
        onPlaced(message.placing);
        break;
      case "shown":
        this.#view = message.view;
        onShown(message.view, message.href);
        break;
      case "broken":
        this.#view = null;
        onBroken();
        break;
      case "hit": {
        const { n, hit } = message;
        // The frame says in order what it shows and what is there.
        const spot = hit && this.#view !== null ? { ...hit, view: this.#view } : null;
        this.#questions.get(n)?.(spot);
        this.#questions.delete(n);
        break;
      }
    }
  }
}
