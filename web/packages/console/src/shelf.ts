// Where an agent's sessions are kept, whatever the browser offers for it.

import type { Saved } from "@isession/peer";
import type { AgentId, EndReason, LinkId, SessionId, VisitorCard } from "@isession/protocol";

/** A session as it is kept. */
export interface RememberedTalk {
  session: SessionId;
  link: LinkId;
  visitor: VisitorCard;
  ticket: string;
  transcript: Saved;
  /** Null while it goes on. */
  ended: { reason: EndReason; at: number } | null;
  /** Until when it may be kept. */
  until: number;
}

export interface Shelf {
  /**
   * What is kept of this agent; what is another one's is erased. From here on this is the one
   * window that writes: an older one of the same browser is refused.
   */
  open(agent: AgentId): Promise<RememberedTalk[]>;
  /** Takes the place of what was kept of this session. */
  put(talk: RememberedTalk): Promise<void>;
  delete(session: SessionId): Promise<void>;
  /** False once a newer window has opened the shelf. */
  isMine(): Promise<boolean>;
  /** Erases everything, whoever opened it. */
  clear(): Promise<void>;
}

/** A newer window has opened the shelf, and holds the sessions now. */
export class TakenOver extends Error {}
