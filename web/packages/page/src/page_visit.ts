// A visit that lives in pages of a site, and goes from one to the next.

import { PageSession, PageTranscript, randomEpoch, type Saved, systemClock } from "@isession/peer";
import {
  channel,
  type EntryId,
  type ErrorFrame,
  type FromVisitor,
  type LinkId,
} from "@isession/protocol";
import {
  type Accepted,
  ELSEWHERE,
  type Making,
  type Memory,
  type Remembered,
  type RememberedTalk,
  Visit,
  type VisitOptions,
} from "@isession/visitor";
import { departure } from "@isession/visitor/seal";
import { leaving } from "./leaving";

/** Signals that may wait for the node: an answer and its candidates. */
const EARLY = 64;

/** The companion has to load, and to find the node. */
const ARRIVAL = 15_000;
/** The agent's side goes over to the companion's channel within a few round trips. */
const OVERLAP = 5000;

export class PageVisit extends Visit {
  declare session: PageSession | null;
  /** Absent while `Visit` is being made, which keeps its state already. */
  declare private talk: Omit<RememberedTalk, "site"> | undefined;
  /** Said before the node could be reached for the first time. */
  #early: FromVisitor[] | null = [];
  readonly #memory: Memory;
  #begun: (session: PageSession) => void = () => {};
  /** On its way into the companion: told when that has it. */
  #arrived: (() => void) | null = null;

  constructor(options: VisitOptions) {
    const remembered = options.memory.load()?.talk;
    super(options);
    this.#memory = options.memory;
    if (remembered) {
      this.#goOn(remembered, options.relayOnly);
      this.save();
    }
  }

  /**
   * The session goes into the companion, which a lead out of the site needs; `open` is given what the
   * companion's address has to carry. True once the companion has it and the agent hears it there:
   * then the page may go. The channel of this page stays open until then. False: it goes on here.
   */
  async depart(lead: EntryId, tab: string, open: (fragment: string) => void): Promise<boolean> {
    const { session, talk } = this;
    const before = this.stage.get();
    const visit = this.#departing(lead, tab);
    if (session && talk && visit) {
      this.stage.set({ kind: "refused", error: ELSEWHERE });
      this.#memory.save({ ...visit, moved: true }, false);
      const arrived = await this.#arrival(async () => open(await departure(visit, talk.link)));
      if (this.stage.get().kind !== "refused" || this.session !== session) {
        return false;
      }
      if (arrived) {
        await gone(session);
        return true;
      }
      this.stage.set(before);
    }
    session?.land(lead, { state: "failed", why: "no_window" });
    this.save();
    return false;
  }

  /** What the companion gets; null without a ticket, and when the conversation is full. */
  #departing(lead: EntryId, tab: string): Remembered | null {
    const { talk: _, ...visit } = this.state();
    // A life of its own, which only the companion tells: it says so when it is there.
    const copy = this.newTranscript(visit.transcript);
    const now = systemClock.now();
    try {
      copy.write({ type: "location", tab, title: "", front: false }, now);
      for (const answer of leaving(copy.lines(false))) {
        copy.write(answer, now);
      }
      copy.write({ type: "landing", lead, landing: { state: "landed", how: "companion" } }, now);
    } catch {
      return null;
    }
    return visit.ticket === undefined ? null : { ...visit, transcript: copy.save() };
  }

  /** Whether the companion takes the visit in time. */
  #arrival(open: () => Promise<void>): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (arrived: boolean) => {
        this.#arrived = null;
        resolve(arrived);
      };
      this.#arrived = () => end(true);
      systemClock.after(ARRIVAL, () => end(false));
      open().catch(() => end(false));
    });
  }

  /** Runs for each session that this page holds. */
  onPageSession(run: (session: PageSession) => void): void {
    this.#begun = run;
    if (this.session) {
      run(this.session);
    }
  }

  protected override use(session: PageSession, link: LinkId): void {
    super.use(session, link);
    this.#begun(session);
  }

  protected override state(): Remembered {
    const state = super.state();
    if (!this.talk || this.sessionId === null) {
      return state;
    }
    const { name, lead_policy, page } = this.site;
    const site = { name, lead_policy, ...(page && { page }) };
    return { ...state, talk: { ...this.talk, site } };
  }

  protected override hello(): FromVisitor {
    // Right behind it.
    queueMicrotask(() => {
      for (const frame of this.#early?.splice(0) ?? []) {
        super.send(frame);
      }
      this.#early = null;
    });
    return super.hello();
  }

  protected override send(frame: FromVisitor): boolean {
    const sent = super.send(frame);
    if (!sent && this.#early && this.#early.length < EARLY) {
      this.#early.push(frame);
    }
    return sent;
  }

  protected override accepted(frame: Accepted): void {
    const { session, link, agent, ice } = frame;
    const next = this.talk?.link === link ? this.talk.next : null;
    this.talk = { session, link, agent: agent.name, ice, next };
    super.accepted(frame);
  }

  protected override refused(error: ErrorFrame): void {
    if (error.code === "superseded") {
      if (this.#arrived) {
        this.#arrived();
        return;
      }
      if (!this.isClosed) {
        // Tabs of the site ask each other: only the companion takes it without a word.
        this.#memory.save({ ...this.state(), moved: true }, false);
      }
    }
    if (error.code === "not_found") {
      this.session?.unheard();
    }
    super.refused(error);
  }

  protected override newTranscript(saved?: Saved): PageTranscript {
    return new PageTranscript({ role: "visitor", epoch: randomEpoch(), saved });
  }

  protected override newSession(options: Making): PageSession {
    const session = new PageSession({ ...options, decoders: channel });
    session.onNext((next) => {
      if (this.talk) {
        this.talk.next = next;
        this.keepSoon();
      }
    });
    return session;
  }

  /** Another page of the same visit: goes on before the node answers. */
  #goOn({ site, ...talk }: RememberedTalk, relayOnly: boolean): void {
    const { session, link, agent, ice, next } = talk;
    this.site = site;
    this.talk = talk;
    this.talkWith(session, link, agent);
    const held = this.connect(link, ice, relayOnly) as PageSession;
    this.use(held, link);
    held.goOn(next);
  }
}

/** The agent's side is where the companion is; if that is not heard of, it is not waited for. */
const gone = (session: PageSession): Promise<void> =>
  new Promise((resolve) => {
    const look = () => session.view.get().connection !== "open" && end();
    const end = () => {
      stop();
      cancel();
      resolve();
    };
    const stop = session.view.subscribe(look);
    const cancel = systemClock.after(OVERLAP, end);
    look();
  });
