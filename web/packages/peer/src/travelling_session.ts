// A session that goes with its visitor from page to page; on both sides. Where it travels is the
// core's, what it takes is here: a second connection, for an offer that is sent ahead.

import type { Location, NextOffer } from "@isession/protocol";
import type { PeerConnection } from "./connection";
import type { CoreOptions } from "./core";
import type { Effect } from "./core_words";
import { type Clock, Event } from "./ports";
import { Session } from "./session";
import { TravellingCore } from "./travelling_core";

/** How long candidates are gathered for an offer that is sent ahead. */
const GATHERING = 2000;

export class TravellingSession extends Session {
  readonly #nexts = new Event<[NextOffer | null]>();
  /** For the visitor's next life. */
  #prepared: PeerConnection | null = null;
  /** It goes on with what its page remembers, and needs no start from the node. */
  #wentOn = false;

  /** An offer for this side's next life came, or the one that was kept holds no longer. */
  onNext(run: (offer: NextOffer | null) => void): () => void {
    return this.#nexts.on(run);
  }

  /** Goes on from the page before, which may have left an offer that was sent ahead. */
  goOn(next: NextOffer | null): void {
    this.#wentOn = true;
    this.do({ type: "start", resumed: true, ...(next && { next }) });
  }

  /** The node did not know the session yet: what was sent early is lost. */
  unheard(): void {
    this.#wentOn = false;
  }

  /** Says where the visitor is. */
  locate(location: Location): void {
    this.write({ type: "location", ...location });
  }

  override nodeReturned(): void {
    if (this.#wentOn) {
      this.#wentOn = false;
    } else {
      super.nodeReturned();
    }
  }

  protected override newCore(options: CoreOptions): TravellingCore {
    return new TravellingCore(options);
  }

  protected override carryOut(effect: Effect): void {
    switch (effect.type) {
      case "prepare":
        void this.#prepare(effect.epoch);
        break;
      case "take_up":
        this.#takeUp(effect.epoch);
        break;
      case "next":
        this.#nexts.fire(effect.offer);
        break;
      default:
        super.carryOut(effect);
    }
  }

  /** What was prepared goes with the connection that it was to follow. */
  protected override drop(): void {
    super.drop();
    this.#prepared?.close();
    this.#prepared = null;
  }

  /** Makes the offer for the visitor's next life. */
  async #prepare(epoch: string): Promise<void> {
    this.#prepared?.close();
    const prepared = this.newConnection(epoch, true);
    this.#prepared = prepared;
    const sdp = await whole(prepared.pc, this.clock);
    if (sdp !== null && prepared === this.#prepared) {
      this.do({ type: "prepared", offer: { epoch, sdp } });
    }
  }

  #takeUp(epoch: string): void {
    const prepared = this.#prepared;
    this.#prepared = null;
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
