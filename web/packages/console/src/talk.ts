// One session, as the desk has it.

import { AgentSession, PageTranscript, type Readable, randomEpoch, vanished } from "@isession/peer";
import {
  channel,
  type EndReason,
  type LinkId,
  type SessionId,
  type VisitorCard,
} from "@isession/protocol";
import type { RememberedTalk } from "./shelf";

/** One session on the desk, going on or ended and not yet put away. */
export interface Talk {
  /** Names it here: it is known while it rings, the session only after the accept. */
  link: LinkId;
  /** Null until the node confirms the accept. */
  session: SessionId | null;
  visitor: VisitorCard;
  ticket: string;
  transcript: PageTranscript;
  peer: AgentSession;
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

/** An ended session of before: there is nobody at its other end. */
export function pastTalk({ transcript: saved, ...rest }: Omit<RememberedTalk, "until">): Talk {
  const transcript = new PageTranscript({ role: "agent", epoch: randomEpoch(), saved });
  const peer = new AgentSession({
    decoders: channel,
    transcript,
    ice: [],
    send() {},
    wantIce() {},
  });
  peer.close();
  const gone = vanished(peer.view);
  const talk: Talk = { ...rest, transcript, peer, gone, read: 0, drafts: nothing() };
  talk.read = theirs(talk);
  return talk;
}
