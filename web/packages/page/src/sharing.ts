// What the agent sees of this page, shows on it, and where the page follows the agent, while the
// visitor permits it. The parts that show are loaded once they are permitted, and end with the
// permission.

import type { Recording, RecordOptions } from "@isession/mirror/record";
import { type Clock, type Line, type PageSession, randomEpoch } from "@isession/peer";
import { type Glance, LIMITS, type PagePolicy } from "@isession/protocol";
import type { Layer } from "@isession/show/layer";
import { clip } from "@isession/visitor";
import { Following } from "./following";
import { followingPage, watchSize } from "./following_page";
import { watchOwnInput } from "./own_input";
import type { PageVisit } from "./page_visit";
import { Permissions } from "./permissions";
import { questionView } from "./question_view";
import { type SharingView, sharingView } from "./sharing_view";

/** Where the parts lie at the node, named by their content; the build fills it in. */
declare const RECORD: string;
declare const LAYER: string;

/** Our own elements, which are no part of the page. */
const OURS = "isession-panel";
/** This life of the page: its elements keep their numbers over all of its mirrors. */
const VIEW = randomEpoch();
const NOTHING: PagePolicy = { query: [], unmask: [], origins: [] };

export interface SharingOptions {
  visit: PageVisit;
  node: string;
  /** Where the border and the questions are drawn. */
  root: ShadowRoot;
  clock: Clock;
  /** The visitor went back or forward to this page, by themselves. */
  cameBack: boolean;
}

type LayerPart = { openLayer(root: ShadowRoot): Layer };
type RecordPart = { startMirror(options: RecordOptions): Recording };

export class Sharing {
  readonly view: SharingView;
  readonly #options: SharingOptions;
  readonly #permissions: Permissions;
  readonly #end = new AbortController();
  readonly #unsubscribe: (() => void)[];
  /** The session whose agent sees the page, from the moment that it was permitted. */
  #shownTo: PageSession | null = null;
  #recording: Recording | null = null;
  /** The session whose agent may point at things, likewise. */
  #pointedBy: PageSession | null = null;
  #layer: Layer | null = null;
  #endPointing: (() => void)[] = [];
  #answering = false;
  /** The session whose agent may go ahead, if it is permitted. */
  #guidedBy: PageSession | null = null;
  #following: Following | null = null;
  #endFollowing: (() => void)[] = [];
  #cameBack: boolean;

  constructor(options: SharingOptions) {
    this.#options = options;
    this.#cameBack = options.cameBack;
    const { visit, clock, root } = options;
    const agent = () => {
      const stage = visit.stage.get();
      return stage.kind === "talking" ? stage.agent : "The agent";
    };
    this.#permissions = new Permissions({
      clock,
      say: (permission, grant) => visit.session?.grant(permission, grant),
      onStuck: () => void visit.end(),
    });
    this.view = sharingView(this.#permissions, agent, () => this.stop());
    root.append(this.view.border);
    questionView(this.#permissions, agent, root);
    addEventListener("keydown", (event) => this.#key(event), {
      capture: true,
      signal: this.#end.signal,
    });
    watchOwnInput(root, this.#end.signal, () => this.#permissions.pause());
    watchSize(this.#end.signal, () => this.#following?.resized());
    const look = () => this.#look();
    this.#unsubscribe = [visit.changed.subscribe(look), visit.stage.subscribe(look)];
    this.#look();
  }

  /** The visitor takes back all that was permitted. */
  stop(): void {
    this.#permissions.withdraw("view");
    this.#permissions.withdraw("follow");
  }

  /** The page is left, or another view of the visit takes its place. */
  close(): void {
    this.#end.abort();
    for (const end of this.#unsubscribe) {
      end();
    }
    this.#permissions.close();
    this.#show(null);
    this.#letPoint(null);
    this.#letGuide(null);
    this.view.border.remove();
  }

  /** Before the page hears of it: whatever it does with its keys, this one is the visitor's. */
  #key(event: KeyboardEvent): void {
    const asked = this.#options.root.querySelector("dialog[open]");
    if (event.key === "Escape" && !event.repeat && !asked) {
      this.stop();
    }
  }

  #look(): void {
    const { visit } = this.#options;
    const { session } = visit;
    const goes = session && !visit.isClosed && !session.view.get().ended;
    if (goes) {
      this.#permissions.hear(session.view.get().lines);
    } else {
      this.#permissions.close();
    }
    this.#show(goes && this.#permissions.holds("view") ? session : null);
    this.#letPoint(goes && this.#permissions.holds("point") ? session : null);
    this.#letGuide(goes ? session : null);
    this.view.show();
    if (goes) {
      this.#answer(session);
      this.#followOn();
    }
  }

  /** Who went back by the browser's own button went on alone. */
  #followOn(): void {
    if (this.#cameBack) {
      this.#cameBack = false;
      this.#permissions.pause();
    }
    this.#following?.look();
  }

  /** Answers wherever the agent of this session goes ahead, and follows where that is permitted. */
  #letGuide(session: PageSession | null): void {
    if (session === this.#guidedBy) {
      return;
    }
    for (const end of this.#endFollowing.splice(0)) {
      end();
    }
    this.#following?.close();
    this.#following = null;
    this.#guidedBy = session;
    if (session) {
      const { clock, visit } = this.#options;
      const following = new Following({
        page: followingPage,
        clock,
        leads: visit.site.lead_policy,
        pages: visit.site.page ?? NOTHING,
        holds: () => this.#guidedBy === session && this.#permissions.holds("follow"),
        lines: () => session.view.get().lines,
        land: (guide, landing) => session.land(guide, landing),
      });
      this.#following = following;
      this.#endFollowing.push(
        session.onGlance((glance) => following.take(glance)),
        session.bulk.onChange(() => following.reset()),
      );
    }
  }

  /** Shows the page to the agent of this session, or to nobody. */
  #show(session: PageSession | null): void {
    if (session !== this.#shownTo) {
      this.#recording?.stop();
      this.#recording = null;
      this.#shownTo = session;
      if (session) {
        void this.#record(session);
      }
    }
  }

  async #record(session: PageSession): Promise<void> {
    const { node, visit } = this.#options;
    try {
      const { startMirror }: RecordPart = await import(/* @vite-ignore */ node + RECORD);
      if (session === this.#shownTo) {
        this.#recording = startMirror({
          window,
          policy: visit.site.page ?? NOTHING,
          view: VIEW,
          outlet: session.bulk,
          glance: (glance) => session.glance(glance),
          ours: OURS,
        });
      }
    } catch {
      // The page's policy forbids it, or the network failed: nobody shall believe that it is shown.
      if (session === this.#shownTo) {
        this.#permissions.withdraw("view");
      }
    }
  }

  /** Lets the agent of this session draw over the page, or nobody. */
  #letPoint(session: PageSession | null): void {
    if (session !== this.#pointedBy) {
      for (const end of this.#endPointing.splice(0)) {
        end();
      }
      this.#layer?.close();
      this.#layer = null;
      this.#pointedBy = session;
      if (session) {
        void this.#openLayer(session);
      }
    }
  }

  async #openLayer(session: PageSession): Promise<void> {
    const { node, root } = this.#options;
    try {
      const { openLayer }: LayerPart = await import(/* @vite-ignore */ node + LAYER);
      if (session === this.#pointedBy) {
        const layer = openLayer(root);
        this.#layer = layer;
        this.#endPointing.push(
          session.onGlance((glance) => this.#draw(glance)),
          // Whoever points by another connection counts anew.
          session.bulk.onChange(() => layer.clear()),
        );
      }
    } catch {
      if (session === this.#pointedBy) {
        this.#permissions.withdraw("point");
      }
    }
  }

  #draw(glance: Glance): void {
    // What is permitted is looked up each time: nothing is drawn after a no.
    if (this.#permissions.holds("point")) {
      this.#layer?.take(glance);
    }
  }

  /** Each highlight is answered, once; what was meant for a page before is there no more. */
  #answer(session: PageSession): void {
    if (this.#answering) {
      return;
    }
    this.#answering = true;
    const open = () => session.view.get().lines.find(isOpenHighlight);
    try {
      for (let line = open(); line && this.#highlight(session, line); line = open()) {
        // What was answered is open no longer.
      }
    } finally {
      this.#answering = false;
    }
  }

  /** False where the conversation is full: what cannot be answered is not shown either. */
  #highlight(session: PageSession, { id, view, node }: Highlight): boolean {
    const may = this.#permissions.holds("point");
    const here = may && this.#layer && view === VIEW;
    let element = here ? (this.#recording?.element(node) ?? null) : null;
    let label = "";
    try {
      label = element ? clip(this.#recording?.label(element) ?? "", LIMITS.label) : "";
    } catch {
      // What the page keeps from being named is not shown: this one is answered, and the next one too.
      element = null;
    }
    try {
      session.highlighted(id, element !== null, label, may ? undefined : "not_permitted");
    } catch {
      return false;
    }
    if (element) {
      this.#layer?.highlight(element, label);
    }
    return true;
  }
}

type Highlight = Line & { kind: "highlight" };

const isOpenHighlight = (line: Line): line is Highlight =>
  line.kind === "highlight" && line.found === null;
