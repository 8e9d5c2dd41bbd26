import type { Hit, MirrorView, Placing } from "@isession/mirror/view";
import type { AgentSession } from "@isession/peer";
import type { Glance, Point } from "@isession/protocol";
import { Marks } from "@isession/show/marks";
import { useEffect, useRef } from "preact/hooks";
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
  onHit(hit: Hit | null): void;
}

/** What lies over the picture of the visitor's page: takes the agent's pointer and keys. */
export function Glass({ peer, view, placing, tool, may, onHit }: GlassProps) {
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
      // The agent has a pointer already, unless it is the keys that point.
      if (glance.type !== "pointer" || keyed.current || !glance.at) {
        drawn.take(glance);
      }
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
    }
  }, [placing, may]);
  const pageAt = (at: Point) => view()?.toPage(at) ?? null;
  const use = async (at: Point) => {
    const shown = view();
    const page = pageAt(at);
    if (!shown || !page || tool === "draw") {
      return;
    }
    const { view: life } = shown;
    if (tool === "pick") {
      pointer.current?.click(page);
    }
    const hit = await shown.at(at);
    onHit(hit);
    if (tool === "point" && hit && life !== null && may) {
      point(peer, life, hit);
    }
  };
  const move = ({ offsetX: x, offsetY: y }: PointerEvent) => {
    keyed.current = false;
    pointer.current?.move(pageAt({ x, y }));
  };
  const press = (event: PointerEvent) => {
    const page = pageAt({ x: event.offsetX, y: event.offsetY });
    if (tool === "draw" && event.button === 0 && page && pointer.current) {
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
  };
  return (
    <>
      <div class="marks" ref={paper} />
      <div
        ref={glass}
        class="glass"
        role="application"
        aria-label="Pointer over the page"
        aria-description="Arrow keys move it, Enter uses the tool that is chosen."
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it takes keys
        tabIndex={0}
        onClick={({ offsetX: x, offsetY: y }) => void use({ x, y })}
        onPointerMove={move}
        onPointerDown={press}
        onPointerUp={() => pointer.current?.lift()}
        onPointerCancel={leave}
        onPointerLeave={leave}
        onBlur={leave}
        onKeyDown={key}
      />
    </>
  );
}

/** Shows an element to the visitor. */
export function point(peer: AgentSession, view: string, { node }: Hit): void {
  try {
    peer.highlight(view, node);
  } catch {
    // A full conversation says so where leads are typed.
  }
}
