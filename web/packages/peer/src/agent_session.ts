// The agent's side of a session: it accepts, leads, has what it says kept before that goes out, and
// prepares a second connection, whose offer is sent ahead for the visitor's next page.

import type { EntryId, Permission, Travel } from "@isession/protocol";
import { AgentCore } from "./agent_core";
import type { PeerConnection } from "./connection";
import type { CoreOptions } from "./core";
import type { Effect } from "./core_words";
import type { Clock } from "./ports";
import { SightSession } from "./sight_session";

/** How long candidates are gathered for an offer that is sent ahead. */
const GATHERING = 2000;

export class AgentSession extends SightSession {
  /** For the visitor's next life. */
  #ahead: PeerConnection | null = null;
  /** What was written is on its way to be kept, and goes out after that. */
  #kept: Promise<void> | null = null;

  /** This agent accepts: what is said from here on leaves at once. */
  answer(): void {
    this.do({ type: "answer" });
  }

  lead(url: string): EntryId {
    return this.write({ type: "lead", url });
  }

  /** Asks to move in the history of the visitor's page. */
  travel(travel: Travel): EntryId {
    return this.write({ type: "travel", travel });
  }

  /** Asks the visitor for a permission. */
  ask(permission: Permission): EntryId {
    return this.write({ type: "ask", permission });
  }

  /** Shows an element of the page whose mirror gave it this number. */
  highlight(view: string, node: number): EntryId {
    return this.write({ type: "highlight", view, node });
  }

  protected override newCore(options: CoreOptions): AgentCore {
    return new AgentCore(options);
  }

  protected override carryOut(effect: Effect): void {
    if (effect.type === "offer_ahead") {
      void this.#offerAhead(effect.epoch);
    } else if (effect.type === "take_up") {
      this.#takeUp(effect.epoch);
    } else {
      super.carryOut(effect);
    }
  }

  protected override keep(): Promise<void> | undefined {
    const keeping = super.keep();
    if (keeping) {
      const kept: Promise<void> = Promise.all([this.#kept, keeping]).then(() => {
        if (this.#kept === kept) {
          this.#kept = null;
        }
      });
      this.#kept = kept;
    }
    return keeping;
  }

  /** In the order in which it was said. */
  protected override whenKept(run: () => void): void {
    if (this.#kept) {
      void this.#kept.then(run);
    } else {
      run();
    }
  }

  /** What was prepared goes with the connection that it was to follow. */
  protected override drop(): void {
    super.drop();
    this.#ahead?.close();
    this.#ahead = null;
  }

  /** Makes the offer for the visitor's next life. */
  async #offerAhead(epoch: string): Promise<void> {
    this.#ahead?.close();
    const prepared = this.newConnection(epoch, true);
    this.#ahead = prepared;
    const sdp = await whole(prepared.pc, this.clock);
    if (sdp !== null && prepared === this.#ahead) {
      this.do({ type: "offered_ahead", offer: { epoch, sdp } });
    }
  }

  #takeUp(epoch: string): void {
    const prepared = this.#ahead;
    this.#ahead = null;
    this.drop();
    if (prepared) {
      this.allow(prepared);
      this.use(prepared, epoch);
    }
  }
}

/** An offer with all candidates that are found in time. */
async function whole(pc: RTCPeerConnection, clock: Clock): Promise<string | null> {
  await new Promise<void>((resolve) => {
    pc.onicegatheringstatechange = () => {
      if (pc.iceGatheringState === "complete") {
        resolve();
      }
    };
    clock.after(GATHERING, resolve);
  });
  pc.onicegatheringstatechange = null;
  return pc.localDescription?.sdp ?? null;
}
