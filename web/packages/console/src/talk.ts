import type { Readable, Session, Transcript } from "@isession/peer";
import type { EndReason, LinkId, SessionId, VisitorCard } from "@isession/protocol";

/** One session on the desk, going on or ended and not yet put away. */
export interface Talk {
  /** Names it here: it is known while it rings, the session only after the accept. */
  link: LinkId;
  /** Null until the node confirms the accept. */
  session: SessionId | null;
  visitor: VisitorCard;
  ticket: string;
  transcript: Transcript;
  peer: Session;
  /** The visitor's side has vanished. */
  gone: Readable<boolean>;
  ended: { reason: EndReason; at: number } | null;
  /** Lines of the visitor that have been on screen. */
  read: number;
  /** What the agent has written in the boxes and not sent. */
  drafts: { message: string; address: string };
}

/** Drafts of a session that begins. */
export const nothing = (): Talk["drafts"] => ({ message: "", address: "" });

/** How much the visitor has said. */
export const theirs = (talk: Talk): number =>
  talk.peer.view.get().lines.filter((line) => !line.mine && line.kind === "message").length;
