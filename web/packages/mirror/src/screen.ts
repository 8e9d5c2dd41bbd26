// Shows a mirror: rrweb's replayer, the visitor's pointer and clicks, what the agent points at, and
// what is where.

import type { Point } from "@isession/protocol";
import { attribute, boxOf, closest, matches, parentOf, shadowOf } from "@isession/show/bare";
import { Marks } from "@isession/show/marks";
import { placeOf, Ring } from "@isession/show/ring";
import { Replayer } from "@rrweb/replay";
import {
  type Batch,
  INCREMENTAL,
  MASK,
  MASKED,
  META,
  type MirrorEvent,
  MUTATION,
  SCROLL,
} from "./events";
import { labelOf, type Sight, textOf } from "./label";
import type { FromFrame, Hit, ToFrame } from "./port";
import { fitting } from "./read";
import { Unpacker } from "./unpack";

/**
 * Events say late where the page was scrolled to, after glances have said where it is by now. In
 * milliseconds without a glance, an event's word is the better one.
 */
const LATE = 300;

/** The visitor's pointer and clicks. */
const VISITOR = "#0b5d52";

/** The part of rrweb's replayer that casts events at once: no timer, and no memory of them. */
interface Caster {
  applyEventsSynchronously(events: readonly MirrorEvent[]): void;
}

const LOOKS = [
  `[${MASKED}]::before { content: "${MASK}"; letter-spacing: .1em; opacity: .6 }`,
  "[rr_width], [rr_height] { background: repeating-linear-gradient(45deg, #ccc 0 6px, #eee 6px 12px) }",
  "x-foreign { display: none }",
  "html { scroll-behavior: auto !important }",
];

/** All of what came may be known; a mask is no name. */
const SHOWN: Sight = {
  text: (element) => textOf(element, ({ data }) => data.replaceAll(MASK, "")),
  shows: () => true,
};

export class Screen {
  readonly #port: MessagePort;
  readonly #root: HTMLElement;
  readonly #pointer = document.createElement("div");
  readonly #marks: Marks;
  readonly #ring: Ring;
  readonly #unpacker: Unpacker;
  #replayer: Replayer | null = null;
  #view = "";
  /** The number of the document itself. */
  #page = 0;
  #size = { width: 1280, height: 720 };
  #scroll: Point = { x: 0, y: 0 };
  #at: Point | null = null;
  /** The latest glance that was followed: an overtaken one is older. */
  #seen = { pointer: 0, scroll: 0 };
  /** What an event said of the scroll, unless a glance says something else. */
  #late: ReturnType<typeof setTimeout> | undefined;

  constructor(port: MessagePort, root: HTMLElement) {
    this.#port = port;
    this.#root = root;
    this.#pointer.className = "pointer";
    this.#pointer.hidden = true;
    const over = document.createElement("div");
    over.className = "over";
    root.append(over);
    this.#ring = new Ring(over);
    this.#marks = new Marks(over, VISITOR);
    this.#unpacker = new Unpacker({
      onBatch: (batch) => this.#show(batch),
      onBroken: () => this.#break(),
    });
  }

  start(): void {
    this.#root.append(this.#pointer);
    this.#port.onmessage = ({ data }: MessageEvent<ToFrame>) => this.#take(data);
    addEventListener("resize", () => this.#place());
    this.#tell({ type: "ready" });
  }

  #tell(message: FromFrame): void {
    this.#port.postMessage(message);
  }

  #take(message: ToFrame): void {
    if (message instanceof ArrayBuffer) {
      this.#tell({ type: "took", bytes: message.byteLength });
      this.#unpacker.take(new Uint8Array(message));
      return;
    }
    switch (message.type) {
      case "reset":
        this.#unpacker.reset();
        this.#clear();
        break;
      case "pointer":
        if (message.n > this.#seen.pointer) {
          this.#seen.pointer = message.n;
          this.#at = message.at;
          this.#point();
        }
        break;
      case "scroll":
        if (message.n > this.#seen.scroll) {
          this.#seen.scroll = message.n;
          clearTimeout(this.#late);
          this.#scrollTo(message.at);
        }
        break;
      case "click":
        this.#marks.take({ type: "click", at: message.at });
        this.#found(message.at);
        break;
      case "frame":
        this.#frame(message.node, message.stays);
        break;
      case "hit":
        this.#answer(message.n, message.at);
        break;
    }
  }

  #show(batch: Batch): void {
    if (batch.first && batch.view !== this.#view) {
      this.#clear();
      this.#view = batch.view;
    } else if (batch.view !== this.#view) {
      return;
    }
    try {
      if (batch.first || !this.#replayer) {
        this.#begin(batch);
      }
      this.#cast(batch.events);
    } catch {
      // Whatever rrweb makes of events that contradict each other.
      this.#break();
      return;
    }
    if (batch.first) {
      const [meta] = batch.events;
      const href = meta?.type === META ? meta.data.href : "";
      this.#tell({ type: "shown", view: batch.view, href });
    }
  }

  #begin(batch: Batch): void {
    if (!batch.first) {
      throw new Error("it does not begin");
    }
    if (!this.#replayer) {
      const replayer = new Replayer(batch.events.slice(0, 1) as never[], {
        root: this.#root,
        liveMode: true,
        mouseTail: false,
        useVirtualDom: false,
        showWarning: false,
        triggerFocus: false,
        pauseAnimation: false,
        insertStyleRules: LOOKS,
      });
      replayer.on("resize", (size) => {
        this.#size = size as { width: number; height: number };
        this.#place();
      });
      replayer.iframe.title = "The visitor's page";
      replayer.iframe.tabIndex = -1;
      this.#replayer = replayer;
    }
  }

  #cast(events: readonly MirrorEvent[]): void {
    const caster = this.#replayer as unknown as Caster;
    for (const event of events) {
      const scroll = event.type === INCREMENTAL && event.data.source === SCROLL ? event.data : null;
      if (scroll?.id === this.#page) {
        clearTimeout(this.#late);
        if (this.#seen.scroll > 0) {
          this.#late = setTimeout(() => this.#scrollTo(scroll), LATE);
        } else {
          this.#scrollTo(scroll);
        }
      } else {
        this.#fit(event);
        caster.applyEventsSynchronously([event]);
      }
      if (event.type === META) {
        this.#seen = { pointer: 0, scroll: 0 };
      } else if (event.type !== INCREMENTAL) {
        const { left: x, top: y } = event.data.initialOffset;
        this.#page = event.data.node.id;
        this.#scrollTo({ x, y });
      }
    }
  }

  /**
   * What an element may carry depends on which it is, and of a change only its number is told. (A
   * browser that may not load a frame's source still connects to where it is.)
   */
  #fit(event: MirrorEvent): void {
    if (event.type !== INCREMENTAL || event.data.source !== MUTATION) {
      return;
    }
    const mirror = this.#replayer?.getMirror();
    event.data.attributes = event.data.attributes.flatMap(({ id, attributes }) => {
      const node = mirror?.getNode(id);
      const tag = node?.nodeType === 1 ? (node as Element).localName : null;
      return tag ? [{ id, attributes: fitting(tag, attributes) }] : [];
    });
  }

  #scrollTo({ x, y }: Point): void {
    const page = this.#replayer?.iframe.contentWindow;
    page?.scrollTo({ left: x, top: y, behavior: "instant" });
    this.#scroll = { x: page?.scrollX ?? 0, y: page?.scrollY ?? 0 };
    this.#place();
  }

  /** Fits the visitor's viewport into this frame, and tells where it is. */
  #place(): void {
    const { width, height } = this.#size;
    const scale = this.#scale();
    const wrapper = this.#replayer?.wrapper;
    if (wrapper) {
      wrapper.style.transform = `scale(${scale})`;
      this.#marks.lie({ scale, scroll: this.#scroll });
      this.#point();
      this.#tell({ type: "placed", placing: { width, height, scale, scroll: this.#scroll } });
    }
  }

  #scale(): number {
    const { width, height } = this.#size;
    return Math.max(0.01, Math.min(innerWidth / width, innerHeight / height));
  }

  #point(): void {
    const at = this.#at;
    this.#pointer.hidden = at === null || this.#replayer === null;
    if (at) {
      const scale = this.#scale();
      const x = (at.x - this.#scroll.x) * scale;
      const y = (at.y - this.#scroll.y) * scale;
      this.#pointer.style.transform = `translate(${x}px, ${y}px)`;
    }
  }

  #frame(node: number | null, stays: number): void {
    const replayer = this.#replayer;
    const within = replayer?.iframe.contentDocument;
    if (node === null || !within) {
      this.#ring.clear();
      return;
    }
    // By its number: a snapshot that comes later builds another element.
    const find = () => {
      const found = replayer.getMirror().getNode(node);
      return found?.nodeType === 1 ? (found as Element) : null;
    };
    this.#ring.show({ find, within, scale: () => this.#scale(), stays });
  }

  /** The visitor clicked what is framed. */
  #found({ x, y }: Point): void {
    const page = this.#replayer?.iframe.contentDocument;
    const { element } = this.#ring;
    const place = page && element && placeOf(element, page);
    const left = x - this.#scroll.x - (place?.left ?? 0);
    const top = y - this.#scroll.y - (place?.top ?? 0);
    if (place && left >= 0 && top >= 0 && left <= place.width && top <= place.height) {
      this.#ring.clear();
    }
  }

  /** Each question is answered: the console asks the next one only then. */
  #answer(n: number, at: Point): void {
    let hit: Hit | null = null;
    try {
      hit = this.#hit(at);
    } catch {
      // Whatever a page makes of its document.
    }
    this.#tell({ type: "hit", n, hit });
  }

  /** What is at this point of the frame. */
  #hit({ x, y }: Point): Hit | null {
    const replayer = this.#replayer;
    if (!replayer) {
      return null;
    }
    const scale = this.#scale();
    let at = { x: x / scale, y: y / scale };
    let root: DocumentOrShadowRoot | null = replayer.iframe.contentDocument;
    let found: Element | null = null;
    for (let depth = 0; root && depth < 32; depth += 1) {
      const inner: Element | null = root.elementFromPoint(at.x, at.y);
      if (!inner || inner === found) {
        break;
      }
      found = inner;
      if (matches(inner, "iframe")) {
        const { left, top } = boxOf(inner);
        at = { x: at.x - left, y: at.y - top };
        root = (inner as HTMLIFrameElement).contentDocument;
      } else {
        root = shadowOf(inner);
      }
    }
    const mirror = replayer.getMirror();
    for (; found; found = parentOf(found)) {
      const node = mirror.getId(found);
      if (node > 0) {
        const link = closest(found, "a[href]");
        const href = link && attribute(link, "href");
        return { node, label: labelOf(found, SHOWN), href };
      }
    }
    return null;
  }

  #clear(): void {
    clearTimeout(this.#late);
    this.#view = "";
    this.#at = null;
    // What comes next may be of another page, which counts anew.
    this.#seen = { pointer: 0, scroll: 0 };
    const replayer = this.#replayer;
    this.#replayer = null;
    this.#pointer.hidden = true;
    this.#marks.clear();
    this.#ring.clear();
    replayer?.wrapper.remove();
  }

  #break(): void {
    this.#unpacker.reset();
    this.#clear();
    this.#tell({ type: "broken" });
  }
}
