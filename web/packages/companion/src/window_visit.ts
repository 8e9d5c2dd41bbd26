// A visit in a window of its own, which waits before it has what it takes to talk: that is loaded
// meanwhile. What the node says of links is held until it is there.

import type { Session } from "@isession/peer";
import type { ToVisitor } from "@isession/protocol";
import { type Making, Visit } from "@isession/visitor";

/** The part that makes sessions. */
export interface Sessions {
  newSession(options: Making): Session;
}

/** Three agents who are rung tell fewer. */
const HELD = 256;

export class WindowVisit extends Visit {
  #sessions: Sessions | null = null;
  #held: ToVisitor[] = [];

  /** Goes on with what was held. */
  take(sessions: Sessions): void {
    this.#sessions = sessions;
    for (const frame of this.#held.splice(0)) {
      // One that another window holds by now says nothing more.
      if (this.stage.get().kind !== "refused") {
        this.frame(frame);
      }
    }
  }

  protected override frame(frame: ToVisitor): void {
    if (!this.#sessions && !this.isClosed && "link" in frame) {
      if (this.#held.push(frame) > HELD) {
        // The node tells everything anew.
        this.renew();
      }
      return;
    }
    if (frame.type === "welcome") {
      this.#held = [];
    }
    super.frame(frame);
  }

  protected override newSession(options: Making): Session {
    if (!this.#sessions) {
      throw new Error("links are held until there is a session for them");
    }
    return this.#sessions.newSession(options);
  }
}
