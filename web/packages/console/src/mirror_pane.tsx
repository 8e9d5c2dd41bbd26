import type { MirrorView, Placing, Spot } from "@isession/mirror/view";
import { type AgentSession, type Line, permits, type Standing, standing } from "@isession/peer";
import { BULK, type Glance, MIRROR } from "@isession/protocol";
import { STAYS } from "@isession/show/ring";
import { useEffect, useRef, useState } from "preact/hooks";
import { type Talk, viewOf } from "./desk";
import { type Found, FoundCard } from "./found";
import { Glass, type Tool } from "./glass";
import { attempt } from "./leads";
import { Tools } from "./tools";
import { GRANT, PERMISSION, RELEASED, shortAddress } from "./words";

/** What the visitor said to being seen, and the way to ask. */
export function Viewing({ talk }: { talk: Talk }) {
  const [problem, setProblem] = useState("");
  const state = standing(viewOf(talk).lines, "view");
  const ask = () => setProblem(attempt(() => talk.peer.ask("view")));
  return (
    <section class="viewing" aria-labelledby="viewing-title">
      <h3 id="viewing-title">See the visitor's page</h3>
      {state !== "granted" && state !== "asked" && (
        <button type="button" onClick={ask}>
          Ask to see the page
        </button>
      )}
      <p role="status" aria-label="View status">
        {problem || inWords(state)}
      </p>
    </section>
  );
}

function inWords(state: Standing): string {
  switch (state) {
    case "none":
      return "Not asked yet";
    case "asked":
      return "Asked; the visitor has not answered yet";
    case "released":
      return `${RELEASED} ${PERMISSION.view}.`;
    default:
      return `${GRANT[state]} ${PERMISSION.view}.`;
  }
}

/** The visitor's page, while the visitor lets it be seen. */
export function MirrorPane({ talk }: { talk: Talk }) {
  const state = standing(viewOf(talk).lines, "view");
  const going = talk.ended === null;
  // The frame is made ready while the visitor reads the question.
  return going && (state === "asked" || state === "granted") ? (
    <Mirror talk={talk} granted={state === "granted"} />
  ) : null;
}

function Mirror({ talk, granted }: { talk: Talk; granted: boolean }) {
  const screen = useRef<HTMLDivElement>(null);
  const view = useRef<MirrorView | null>(null);
  const lost = useRef(true);
  const [page, setPage] = useState<{ life: string; href: string } | null>(null);
  const [placing, setPlacing] = useState<Placing | null>(null);
  const [broken, setBroken] = useState(false);
  const [found, setFound] = useState<Found | null>(null);
  const [problem, setProblem] = useState("");
  const { peer, visitor } = talk;
  useEffect(() => {
    const { current: parent } = screen;
    if (!parent) {
      return undefined;
    }
    return show({
      peer,
      site: visitor.site,
      parent,
      onView: (opened) => {
        view.current = opened;
      },
      onShown: (life, href) => {
        // Another snapshot of the same picture changes nothing in it.
        const goesOn = !lost.current;
        lost.current = false;
        setPage((page) =>
          goesOn && page?.life === life && page.href === href ? page : { life, href },
        );
        setBroken(false);
      },
      onPlaced: setPlacing,
      onLost: () => {
        lost.current = true;
      },
      onBroken: () => {
        lost.current = true;
        setBroken(true);
      },
    });
  }, [peer, visitor.site]);
  const [tool, setTool] = useState<Tool>("pick");
  const { lines } = viewOf(talk);
  const may = granted && permits(lines, "point");
  const pointAt = ({ view, node }: Spot): string => {
    setProblem("");
    return attempt(() => peer.highlight(view, node));
  };
  const pointed = may ? pointedAt(lines, page?.life) : null;
  useEffect(() => {
    const stays = pointed ? pointed.at + STAYS - Date.now() : 0;
    view.current?.frame(pointed && stays > 0 ? pointed.node : null, stays);
  }, [pointed?.id.seq, pointed?.id.epoch, page]);
  const close = () => {
    // What had the focus goes.
    if (document.activeElement?.closest(".hit")) {
      screen.current?.parentElement?.querySelector<HTMLElement>(".glass")?.focus();
    }
    setFound(null);
  };
  const shape = placing && placing.width / placing.height;
  return (
    <section class="mirror" aria-label="Visitor's page" hidden={!granted}>
      <div class="head">
        {granted && <Tools talk={talk} tool={tool} onTool={setTool} />}
        <p role="status" aria-label="Page" class="page" title={page?.href}>
          {pageInWords(page?.href ?? null, broken)}
        </p>
      </div>
      <p class="problem" role="alert">
        {problem}
      </p>
      <div class="room">
        <div class="screen" style={shape ? { "--shape": shape } : {}}>
          <div class="frame" ref={screen} />
          {granted && (
            <Glass
              peer={peer}
              view={() => view.current}
              placing={placing}
              tool={may ? tool : "pick"}
              may={may}
              onFound={setFound}
              onPoint={(hit) => setProblem(pointAt(hit))}
            />
          )}
          {granted && found && found.hit.view === page?.life && (
            <FoundCard
              talk={talk}
              found={found}
              page={page.href}
              may={may}
              onPoint={pointAt}
              onClose={close}
            />
          )}
        </div>
      </div>
    </section>
  );
}

/** What the visitor is shown in this life of the page, unless it is not there. */
function pointedAt(lines: readonly Line[], life: string | undefined) {
  const latest = lines.findLast((line) => line.kind === "highlight");
  const there = latest?.kind === "highlight" && latest.found !== false && latest.view === life;
  return there ? latest : null;
}

function pageInWords(href: string | null, broken: boolean): string {
  if (broken) {
    return "The picture was lost; another one is on its way.";
  }
  return href === null ? "Waiting for the page …" : shortAddress(href);
}

interface ShowOptions {
  peer: AgentSession;
  site: string;
  parent: HTMLElement;
  onView(view: MirrorView): void;
  onShown(view: string, href: string): void;
  onPlaced(placing: Placing): void;
  /** There is another channel: the picture begins anew by itself. */
  onLost(): void;
  onBroken(): void;
}

/** Brings a session's mirror onto the screen; the function given back ends it. */
function show({ peer, onBroken, onLost, onView, ...rest }: ShowOptions): () => void {
  const ends: (() => void)[] = [];
  let over = false;
  /** The visitor's side begins anew; asked for again when there is room for the question. */
  let lost = false;
  const begin = (): void => {
    lost = !peer.bulk.send(Uint8Array.of(BULK.mirror, MIRROR.last));
  };
  void import("@isession/mirror/view").then(({ MirrorView }) => {
    if (over) {
      return;
    }
    const view = new MirrorView({
      ...rest,
      onBroken: () => {
        onBroken();
        begin();
      },
    });
    const glance = (glance: Glance): void => {
      if (glance.type === "pointer") {
        view.pointer(glance.n, glance.at ?? null);
      } else if (glance.type === "scroll") {
        view.scroll(glance.n, glance.at);
      } else if (glance.type === "click") {
        view.click(glance.at);
      }
    };
    ends.push(
      () => view.close(),
      peer.bulk.onMirror((message) => view.take(message)),
      peer.bulk.onChange(() => {
        onLost();
        view.reset();
      }),
      peer.bulk.onRoom(() => lost && begin()),
      peer.onGlance(glance),
    );
    onView(view);
    // What was sent before this one listened is gone.
    begin();
  });
  return () => {
    over = true;
    for (const end of ends) {
      end();
    }
  };
}
