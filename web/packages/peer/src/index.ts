export { AgentSession } from "./agent_session";
export { Bulk } from "./bulk";
export { connectionText } from "./connection_text";
export type { Connection } from "./core_words";
export { GUIDE, type Report, readReport, type Told } from "./guide";
export { alwaysAsks, judgeLead, type Verdict } from "./lead";
export { linkify, type Piece } from "./linkify";
export { PageSession } from "./page_session";
export { PageTranscript, type Place } from "./page_transcript";
export { pathOf } from "./path";
export { type Clock, type Readable, randomEpoch, systemClock, Value } from "./ports";
export { vanished } from "./reach";
export { Session, type SessionOptions, type SessionView } from "./session";
export { shownAddress } from "./shown";
export { backOff, isFinal, NodeSocket, type SocketState } from "./socket";
export { grantOf, isGivenBack, permits, type Standing, standing } from "./standing";
export {
  type Delivery,
  type Line,
  type Role,
  type Saved,
  sameId,
  TooLong,
  Transcript,
  TranscriptFull,
} from "./transcript";
export { type Happened, writtenDown } from "./written_down";
