// A visit that lives in pages of a site, and goes from one to the next.

import {
  PageSession,
  PageTranscript,
  randomEpoch,
  type Saved,
  type SessionOptions,
} from "@isession/peer";
import { channel, type ErrorFrame, type FromVisitor } from "@isession/protocol";
import {
  type Accepted,
  type Remembered,
  type RememberedTalk,
  Visit,
  type VisitOptions,
} from "@isession/visitor";

/** Signals that may wait for the node: an answer and its candidates. */
const EARLY = 64;

export class PageVisit extends Visit {
  declare session: PageSession | null;
  /** Absent while `Visit` is being made, which keeps its state already. */
  declare private talk: Omit<RememberedTalk, "site"> | undefined;
  /** Said before the node could be reached for the first time. */
  #early: FromVisitor[] | null = [];

  constructor(options: VisitOptions) {
    const remembered = options.memory.load()?.talk;
    super(options);
    if (remembered) {
      this.#goOn(remembered, options.relayOnly);
      this.save();
    }
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
    if (error.code === "not_found") {
      this.session?.unheard();
    }
    super.refused(error);
  }

  protected override newTranscript(saved?: Saved): PageTranscript {
    return new PageTranscript({ role: "visitor", epoch: randomEpoch(), saved });
  }

  protected override newSession(options: SessionOptions): PageSession {
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
