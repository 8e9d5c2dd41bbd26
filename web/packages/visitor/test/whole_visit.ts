import { Session } from "@isession/peer";
import { conversation } from "@isession/protocol";
import { type Making, Visit } from "../src/visit";

/** A visit that has what it takes to talk from the start. */
export class WholeVisit extends Visit {
  protected override newSession(options: Making): Session {
    return new Session({ ...options, decoders: conversation });
  }
}
