// What is drawn over a page: laser pointer, ripples of clicks, and ink. The visitor's page and the
// agent's picture of it show the same; of the visitor, the picture shows the clicks. Drawn by means that any content security policy allows.

import type { Glance, Point } from "@isession/protocol";
import { Strokes } from "./strokes";

/** Ripples at once: a hostile agent's clicks must not fill the page. */
const RIPPLES = 8;
const RIPPLE = 700;
const SVG = "http://www.w3.org/2000/svg";
export const COLOR = "#e8114b";

/** How the page lies under the marks: its pixels in theirs, and how far it is scrolled. */
export interface Lie {
  scale: number;
  scroll: Point;
}

const STYLES: Record<string, Record<string, string>> = {
  all: { position: "absolute", inset: "0 auto auto 0", "transform-origin": "0 0" },
  laser: {
    position: "absolute",
    inset: "0 auto auto 0",
    width: "18px",
    height: "18px",
    margin: "-9px 0 0 -9px",
    "border-radius": "50%",
    background: COLOR,
    border: "2px solid #fff",
    "box-sizing": "border-box",
    "box-shadow": `0 0 0 4px ${COLOR}55, 0 0 14px 4px ${COLOR}88`,
  },
  ripple: {
    position: "absolute",
    width: "48px",
    height: "48px",
    margin: "-24px 0 0 -24px",
    "border-radius": "50%",
    border: "4px solid",
    "box-sizing": "border-box",
    "box-shadow": "0 0 0 1px #fff, inset 0 0 0 1px #fff",
  },
  ink: { position: "absolute", inset: "0 auto auto 0", overflow: "visible" },
};

/** Sets styles one by one: strict policies take no style as text. */
export function dress(
  element: HTMLElement | SVGElement,
  styles: Record<string, string> = {},
): void {
  for (const [name, value] of Object.entries(styles)) {
    element.style.setProperty(name, value);
  }
}

export class Marks {
  readonly #window: Window;
  readonly #color: string;
  readonly #all: HTMLElement;
  readonly #laser: HTMLElement;
  readonly #ink: SVGElement;
  readonly #paths = new Map<number, SVGPathElement[]>();
  readonly #strokes = new Strokes();
  #seen = 0;
  #at: Point | null = null;
  #frame = 0;

  /** `color` is that of ripples. */
  constructor(parent: HTMLElement, color: string = COLOR) {
    this.#color = color;
    const { ownerDocument: document } = parent;
    this.#window = document.defaultView as Window;
    const make = (kind: string) => {
      const element = document.createElement("div");
      element.className = kind;
      dress(element, STYLES[kind]);
      return element;
    };
    this.#all = make("all");
    this.#laser = make("laser");
    this.#laser.style.display = "none";
    this.#ink = document.createElementNS(SVG, "svg") as SVGElement;
    this.#ink.setAttribute("width", "1");
    this.#ink.setAttribute("height", "1");
    this.#ink.setAttribute("class", "ink");
    dress(this.#ink, STYLES.ink);
    this.#all.append(this.#ink, this.#laser);
    parent.append(this.#all);
  }

  lie({ scale, scroll }: Lie): void {
    this.#all.style.transform = `scale(${scale}) translate(${-scroll.x}px, ${-scroll.y}px)`;
    // Pointers and rings keep their size, whatever that of the page is.
    this.#all.style.setProperty("--isession-size", `${1 / scale}`);
  }

  take(glance: Glance): void {
    switch (glance.type) {
      case "pointer":
        if (glance.n > this.#seen) {
          this.#seen = glance.n;
          this.#at = glance.at ?? null;
          this.#soon();
        }
        break;
      case "click":
        this.#ripple(glance.at);
        break;
      case "ink":
        this.#strokes.add(glance.stroke, glance.from, glance.points, this.#now());
        this.#soon();
        break;
    }
  }

  /** Nothing of it any more; whoever points next counts anew. */
  clear(): void {
    this.#seen = 0;
    this.#at = null;
    this.#strokes.clear();
    for (const ripple of this.#ripples()) {
      ripple.remove();
    }
    this.#soon();
  }

  close(): void {
    this.#window.cancelAnimationFrame(this.#frame);
    this.#all.remove();
  }

  #now(): number {
    return this.#window.performance.now();
  }

  #ripples(): Element[] {
    return [...this.#all.children].filter(({ className }) => className === "ripple");
  }

  #ripple({ x, y }: Point): void {
    const before = this.#ripples();
    if (before.length >= RIPPLES) {
      before[0]?.remove();
    }
    const ripple = this.#all.ownerDocument.createElement("div");
    ripple.className = "ripple";
    dress(ripple, STYLES.ripple);
    dress(ripple, { left: `${x}px`, top: `${y}px`, color: this.#color });
    dress(ripple, { scale: "var(--isession-size)" });
    this.#all.append(ripple);
    const still = this.#window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    const grows = still ? {} : { transform: ["scale(0.3)", "scale(1.4)"] };
    const animation = ripple.animate({ opacity: [1, 0], ...grows }, { duration: RIPPLE });
    animation.onfinish = () => ripple.remove();
  }

  /** Once for each picture of the screen, however much comes. */
  #soon(): void {
    this.#frame ||= this.#window.requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  #draw(): void {
    const at = this.#at;
    this.#laser.style.display = at ? "block" : "none";
    if (at) {
      this.#laser.style.transform = `translate(${at.x}px, ${at.y}px) scale(var(--isession-size))`;
    }
    const drawn = this.#strokes.drawn(this.#now());
    const left = new Set(this.#paths.keys());
    for (const { stroke, points, opacity } of drawn) {
      left.delete(stroke);
      const [first] = points;
      // A point alone is a dot.
      const way = first && points.length === 1 ? [first, { x: first.x + 1, y: first.y }] : points;
      const d = `M${way.map(({ x, y }) => `${x} ${y}`).join("L")}`;
      for (const path of this.#pathsOf(stroke)) {
        path.setAttribute("d", d);
        path.style.opacity = `${opacity}`;
      }
    }
    for (const stroke of left) {
      for (const path of this.#paths.get(stroke) ?? []) {
        path.remove();
      }
      this.#paths.delete(stroke);
    }
    if (drawn.length > 0) {
      // It fades.
      this.#soon();
    }
  }

  /** A light line under a dark one: to be seen on any page. */
  #pathsOf(stroke: number): SVGPathElement[] {
    const known = this.#paths.get(stroke);
    if (known) {
      return known;
    }
    const paths = [
      { stroke: "#fff", "stroke-width": "8px" },
      { stroke: COLOR, "stroke-width": "5px" },
    ].map((look) => {
      const path = this.#all.ownerDocument.createElementNS(SVG, "path") as SVGPathElement;
      dress(path, { fill: "none", "stroke-linecap": "round", "stroke-linejoin": "round", ...look });
      this.#ink.append(path);
      return path;
    });
    this.#paths.set(stroke, paths);
    return paths;
  }
}
