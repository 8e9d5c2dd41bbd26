import type { MirrorView, Placing, Spot } from "@isession/mirror/view";
import type { AgentSession } from "@isession/peer";
import type { Glance, Point } from "@isession/protocol";
import { Marks } from "@isession/show/marks";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Found } from "./found";
import { Hover } from "./hover";
import { Pointer } from "./pointer";

/** `pick` says what an element is, `point` shows it to the visitor, `draw` is a pen. */
export type Tool = "pick" | "point" | "draw";

/** How far an arrow key moves, as a share of the picture; with the shift key, further. */
const STEP = 0.01;
const STRIDE = 0.1;

const ARROWS: Record<string, readonly [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

interface GlassProps {
  peer: AgentSession;
  view(): MirrorView | null;
  placing: Placing | null;
  tool: Tool;
  /** The visitor permits pointing. */
  may: boolean;
  /** What the agent asked about; null where nothing is. */
  onFound(found: Found | null): void;
  /** The agent points at this element. */
  onPoint(hit: Spot): void;
}

/** What lies over the picture of the visitor's page: takes the agent's pointer and keys. */
export function Glass({ peer, view, placing, tool, may, onFound, onPoint }: GlassProps) {
  const glass = useRef<HTMLDivElement>(null);
  const paper = useRef<HTMLDivElement>(null);
  const marks = useRef<Marks | null>(null);
  const pointer = useRef<Pointer | null>(null);
  /** Where the arrow keys are, as shares of the picture. */
  const spot = useRef<Point>({ x: 0.5, y: 0.5 });
  const keyed = useRef(false);
  useEffect(() => {
    if (!may || !paper.current) {
      return undefined;
    }
    const drawn = new Marks(paper.current);
    marks.current = drawn;
    const tell = (glance: Glance) => {
      peer.glance(glance);
      // The agent sees what the visitor sees.
      drawn.take(glance);
    };
    const mine = new Pointer({ tell, soon: (run) => requestAnimationFrame(run) });
    pointer.current = mine;
    return () => {
      mine.close();
      drawn.close();
      pointer.current = marks.current = null;
    };
  }, [peer, may]);
  useEffect(() => {
    if (placing) {
      marks.current?.lie(placing);
      hover.current?.again();
    }
  }, [placing, may]);
  const [link, setLink] = useState<string | null>(null);
  const hover = useRef<Hover | null>(null);
  hover.current ??= new Hover({
    ask: async (at) => (await view()?.at(at))?.href ?? null,
    tell: setLink,
  });
  const pageAt = (at: Point) => view()?.toPage(at) ?? null;
  /** Says what is there, and what can be done with it. */
  const find = async (at: Point, focus: boolean) => {
    const { clientWidth: width = 0, clientHeight: height = 0 } = glass.current ?? {};
    const hit = await view()?.at(at);
    onFound(hit ? { hit, at, width, height, focus } : null);
  };
  /** Uses the tool. */
  const use = async (at: Point) => {
    const page = pageAt(at);
    if (tool === "pick" && page) {
      pointer.current?.click(page);
      await find(at, keyed.current);
    } else if (tool === "point" && may) {
      onFound(null);
      const hit = await view()?.at(at);
      if (hit) {
        onPoint(hit);
      }
    }
  };
  const click = (event: MouseEvent) => {
    const at = { x: event.offsetX, y: event.offsetY };
    // As links open elsewhere in browsers: whatever the tool.
    void (isAside(event) ? find(at, true) : use(at));
  };
  /** The other button of the mouse, or the key for menus. */
  const menu = (event: MouseEvent) => {
    event.preventDefault();
    void find(keyed.current ? spotAt() : { x: event.offsetX, y: event.offsetY }, true);
  };
  const move = ({ offsetX: x, offsetY: y }: PointerEvent) => {
    keyed.current = false;
    pointer.current?.move(pageAt({ x, y }));
    hover.current?.move({ x, y });
  };
  const press = (event: PointerEvent) => {
    const page = pageAt({ x: event.offsetX, y: event.offsetY });
    const draws = tool === "draw" && event.button === 0 && !isAside(event);
    if (draws && page && pointer.current) {
      glass.current?.setPointerCapture(event.pointerId);
      pointer.current.press(page);
    }
  };
  const spotAt = (): Point => {
    const { clientWidth = 0, clientHeight = 0 } = glass.current ?? {};
    return { x: spot.current.x * clientWidth, y: spot.current.y * clientHeight };
  };
  const key = (event: KeyboardEvent) => {
    const arrow = ARROWS[event.key];
    if (arrow) {
      const step = event.shiftKey ? STRIDE : STEP;
      const along = (from: number, way: number) => Math.min(1, Math.max(0, from + way * step));
      spot.current = { x: along(spot.current.x, arrow[0]), y: along(spot.current.y, arrow[1]) };
      keyed.current = true;
      pointer.current?.move(pageAt(spotAt()));
      hover.current?.move(spotAt());
    } else if (event.repeat && (event.key === "Enter" || event.key === " ")) {
      // A key that is held uses the tool once.
    } else if (event.key === "Enter" && isAside(event)) {
      void find(spotAt(), true);
    } else if (event.key === "Enter" || event.key === " ") {
      const page = pageAt(spotAt());
      if (tool !== "draw") {
        void use(spotAt());
      } else if (pointer.current?.draws) {
        pointer.current.lift();
      } else if (page) {
        pointer.current?.press(page);
      }
    } else {
      return;
    }
    event.preventDefault();
  };
  const leave = () => {
    pointer.current?.lift();
    pointer.current?.move(null);
    hover.current?.leave();
  };
  return (
    <>
      <div class="marks" ref={paper} />
      <div
        ref={glass}
        class={link === null ? "glass" : "glass over-link"}
        role="application"
        aria-label="Pointer over the page"
        aria-description="Arrow keys move it, Enter uses the tool that is chosen, Control and Enter says what is there."
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it takes keys
        tabIndex={0}
        onClick={click}
        onContextMenu={menu}
        onPointerMove={move}
        onPointerDown={press}
        onPointerUp={() => pointer.current?.lift()}
        onPointerCancel={leave}
        onPointerLeave={leave}
        onBlur={leave}
        onKeyDown={key}
      />
      {link !== null && <p class="whither">{link}</p>}
    </>
  );
}

/** As people open links elsewhere: with Control, or the key that Macs have for it. */
const isAside = (event: MouseEvent | KeyboardEvent): boolean => event.ctrlKey || event.metaKey;
