import type { Hit, MirrorView, Placing } from "@isession/mirror/view";
import { type AgentSession, permits, type Standing, standing } from "@isession/peer";
import { BULK, type Glance, MIRROR } from "@isession/protocol";
import { useEffect, useRef, useState } from "preact/hooks";
import { type Talk, viewOf } from "./desk";
import { Glass, point, type Tool } from "./glass";
import { Tools } from "./tools";
import { GRANT, PERMISSION, RELEASED, shortAddress } from "./words";

/** What the visitor said to being seen, and the way to ask. */
export function Viewing({ talk }: { talk: Talk }) {
  const [problem, setProblem] = useState("");
  const state = standing(viewOf(talk).lines, "view");
  const ask = () => {
    try {
      talk.peer.ask("view");
      setProblem("");
    } catch {
      setProblem("This conversation is full.");
    }
  };
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
  const [href, setHref] = useState<string | null>(null);
  const [placing, setPlacing] = useState<Placing | null>(null);
  const [broken, setBroken] = useState(false);
  const [hit, setHit] = useState<Hit | null>(null);
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
      onShown: (_, href) => {
        setHref(href);
        setBroken(false);
        setHit(null);
      },
      onPlaced: setPlacing,
      onBroken: () => setBroken(true),
    });
  }, [peer, visitor.site]);
  const [tool, setTool] = useState<Tool>("pick");
  const may = granted && permits(viewOf(talk).lines, "point");
  const pointAt = (hit: Hit) => {
    const life = view.current?.view;
    if (life) {
      point(peer, life, hit);
    }
  };
  const shape = placing && `${placing.width} / ${placing.height}`;
  return (
    <section class="mirror" aria-label="Visitor's page" hidden={!granted}>
      <p role="status" aria-label="Page">
        {pageInWords(href, broken)}
      </p>
      {granted && <Tools talk={talk} tool={tool} onTool={setTool} />}
      <div class="screen" style={shape ? { aspectRatio: shape } : {}}>
        <div class="frame" ref={screen} />
        {granted && (
          <Glass
            peer={peer}
            view={() => view.current}
            placing={placing}
            tool={may ? tool : "pick"}
            may={may}
            onHit={setHit}
          />
        )}
      </div>
      {hit && (
        <p class="hit">
          {hit.label}
          {hit.href && (
            <button type="button" class="quiet" title={hit.href} onClick={() => lead(peer, hit)}>
              Lead there
            </button>
          )}
          {may && (
            <button type="button" class="quiet" onClick={() => pointAt(hit)}>
              Point at it
            </button>
          )}
        </p>
      )}
    </section>
  );
}

function pageInWords(href: string | null, broken: boolean): string {
  if (broken) {
    return "The picture was lost; another one is on its way.";
  }
  return href === null ? "Waiting for the page …" : shortAddress(href);
}

function lead(peer: AgentSession, { href }: Hit): void {
  if (href) {
    try {
      peer.lead(href);
    } catch {
      // A full conversation says so where leads are typed.
    }
  }
}

interface ShowOptions {
  peer: AgentSession;
  site: string;
  parent: HTMLElement;
  onView(view: MirrorView): void;
  onShown(view: string, href: string): void;
  onPlaced(placing: Placing): void;
  onBroken(): void;
}

/** Brings a session's mirror onto the screen; the function given back ends it. */
function show({ peer, onBroken, onView, ...rest }: ShowOptions): () => void {
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
      }
    };
    ends.push(
      () => view.close(),
      peer.bulk.onMirror((message) => view.take(message)),
      peer.bulk.onChange(() => view.reset()),
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
