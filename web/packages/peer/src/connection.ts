// One peer connection's life: negotiation, channels, candidates. What it means is the core's.

import { type DescriptionRole, type IceServer, type Seen, STREAMS } from "@isession/protocol";
import type { Addressed, PathState } from "./core_words";
import type { Role } from "./transcript";

/** What a connection tells of itself; inputs of the core, but for the epoch. */
export type Told =
  | { type: "described"; role: DescriptionRole; sdp: string }
  | { type: "candidate"; candidate: string; mid: string }
  | { type: "taken"; seen: Seen }
  | { type: "path"; state: PathState }
  | { type: "channel"; open: boolean };

/**
 * Candidates of one description, early ones among them: no machine has more, and each costs checks.
 * More are dropped.
 */
const CANDIDATES = 64;

export interface ConnectionOptions {
  role: Role;
  /** Begins with an offer of its own. */
  offers: boolean;
  ice: IceServer[];
  relayOnly: boolean;
  /** Offers, and looks for no address before it is told to `gather`. */
  prepares: boolean;
  createPeer(config: RTCConfiguration): RTCPeerConnection;
  tell(what: Told): void;
  /** Another pair of candidates was selected. Not every browser tells it. */
  repaired(): void;
}

/** Perfect negotiation (W3C WebRTC section 10.7); the agent is the impolite side. */
export class PeerConnection {
  readonly pc: RTCPeerConnection;
  readonly talk: RTCDataChannel;
  readonly glance: RTCDataChannel;
  readonly bulk: RTCDataChannel;
  readonly #options: ConnectionOptions;
  #early: RTCIceCandidateInit[] = [];
  /** How many the other side has told since its last description. */
  #candidates = 0;
  #work = Promise.resolve();
  #connected = false;
  #restarts = false;
  #prepares: boolean;
  /** Prepared, and not in use yet. */
  #offer: RTCSessionDescriptionInit | null = null;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#prepares = options.prepares;
    this.pc = options.createPeer(configuration(options.ice, options.relayOnly));
    const open = (label: string, id: number, init: RTCDataChannelInit = {}) =>
      this.pc.createDataChannel(label, { negotiated: true, id, ...init });
    this.talk = open("talk", STREAMS.talk);
    this.glance = open("glance", STREAMS.glance, { ordered: false, maxRetransmits: 0 });
    this.bulk = open("bulk", STREAMS.bulk);
    this.bulk.binaryType = "arraybuffer";
    this.pc.onicecandidate = ({ candidate }) =>
      options.tell({
        type: "candidate",
        candidate: candidate?.candidate ?? "",
        mid: candidate?.sdpMid ?? "0",
      });
    this.pc.onconnectionstatechange = () => this.#path();
    this.talk.onopen = () => {
      this.#watchPair();
      options.tell({ type: "channel", open: true });
    };
    this.talk.onclose = () => options.tell({ type: "channel", open: false });
    // Whoever answers only offers to restart ICE. Browsers may ask for more: by the time their event
    // comes, what it was about is negotiated already.
    this.pc.onnegotiationneeded = () => {
      if (options.offers || this.#restarts) {
        this.#then(() => (this.#prepares ? this.#prepare() : this.#describeMyself()));
      }
    };
  }

  /** Takes a signal that is meant for this connection. */
  take(signal: Addressed): void {
    this.#then(() =>
      signal.kind === "description" ? this.#describe(signal) : this.#candidate(signal),
    );
  }

  /** Goes on with the offer that was prepared: its addresses are looked for from here on. */
  gather(): void {
    this.#prepares = false;
    this.#then(async () => {
      if (this.#offer) {
        await this.pc.setLocalDescription(this.#offer);
      }
    });
  }

  /** What it may connect by from now on; in use after the next restart. */
  allow(ice: IceServer[], relayOnly: boolean): void {
    if (this.pc.signalingState !== "closed") {
      this.pc.setConfiguration({
        ...this.pc.getConfiguration(),
        ...configuration(ice, relayOnly),
      });
    }
  }

  /** Finds a new path. */
  restart(ice: IceServer[], relayOnly: boolean): void {
    this.allow(ice, relayOnly);
    const { signalingState } = this.pc;
    if (signalingState !== "closed") {
      this.#restarts = true;
      this.pc.restartIce();
    }
    if (signalingState === "have-local-offer") {
      // An offer that got lost: the browser asks for no other before it was answered.
      this.#then(() => this.#describeMyself());
    }
  }

  close(): void {
    for (const channel of [this.talk, this.glance, this.bulk]) {
      channel.onopen = channel.onclose = channel.onmessage = channel.onbufferedamountlow = null;
    }
    this.pc.onicecandidate = this.pc.onnegotiationneeded = null;
    this.pc.onconnectionstatechange = null;
    this.pc.close();
  }

  /** One step of negotiation after the other. One that fails leaves the rest to the retry. */
  #then(step: () => Promise<void>): void {
    this.#work = this.#work.then(step).catch(() => {});
  }

  #watchPair(): void {
    const ice = this.pc.sctp?.transport?.iceTransport;
    if (ice && "onselectedcandidatepairchange" in ice) {
      ice.onselectedcandidatepairchange = () => this.#options.repaired();
    }
  }

  /** Tells only news: while candidates are checked anew the old path still carries. */
  #path(): void {
    const { connectionState } = this.pc;
    const { tell } = this.#options;
    if (connectionState === "connected") {
      this.#connected = true;
      tell({ type: "path", state: "connected" });
    } else if (connectionState === "disconnected") {
      tell({ type: "path", state: "lost" });
    } else if (connectionState === "failed" || connectionState === "closed") {
      tell({ type: "path", state: "failed" });
    } else if (!this.#connected) {
      tell({ type: "path", state: "connecting" });
    }
  }

  async #describe(signal: Addressed & { kind: "description" }): Promise<void> {
    const { role, sdp, seen } = signal;
    const collides = role === "offer" && this.pc.signalingState !== "stable";
    if (collides && this.#options.role === "agent") {
      return;
    }
    await this.pc.setRemoteDescription({ type: role, sdp });
    this.#candidates = this.#early.length;
    for (const candidate of this.#early.splice(0)) {
      // One that does not fit must not cost the answer.
      await this.pc.addIceCandidate(candidate).catch(() => {});
    }
    if (role === "offer") {
      await this.#describeMyself();
    }
    this.#options.tell({ type: "taken", seen });
  }

  async #candidate(signal: Addressed & { kind: "candidate" }): Promise<void> {
    const candidate = { candidate: signal.candidate, sdpMid: signal.mid };
    if (this.#candidates === CANDIDATES) {
      return;
    }
    this.#candidates += 1;
    if (this.pc.remoteDescription === null) {
      this.#early.push(candidate);
      return;
    }
    // Fails for an offer that was ignored, and for what this browser does not understand.
    await this.pc.addIceCandidate(candidate);
  }

  /** Browsers look for addresses with the local description, and an offer made before has none. */
  async #prepare(): Promise<void> {
    this.#offer = await this.pc.createOffer();
    const { sdp = "" } = this.#offer;
    this.#options.tell({ type: "described", role: "offer", sdp });
  }

  async #describeMyself(): Promise<void> {
    await this.pc.setLocalDescription();
    const description = this.pc.localDescription;
    if (description?.type === "offer" || description?.type === "answer") {
      this.#options.tell({ type: "described", role: description.type, sdp: description.sdp });
    }
  }
}

const configuration = (iceServers: IceServer[], relayOnly: boolean): RTCConfiguration => ({
  iceServers,
  iceTransportPolicy: relayOnly ? "relay" : "all",
});
