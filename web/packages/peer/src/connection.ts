// One peer connection's life: negotiation, channels, candidates. When it cannot be mended, the
// session makes a new one.

import { type IceServer, type Seen, type Signal, STREAMS } from "@isession/protocol";
import { Event } from "./ports";
import type { Role } from "./transcript";

/** A signal that belongs to one life of a peer connection. */
export type Addressed = Signal & { kind: "description" | "candidate" };

/** Candidates that may arrive before the description they belong to. */
const EARLY_CANDIDATES = 64;

export interface ConnectionOptions {
  role: Role;
  /** The life of this peer connection. */
  epoch: string;
  ice: IceServer[];
  relayOnly: boolean;
  createPeer(config: RTCConfiguration): RTCPeerConnection;
  send(signal: Signal): void;
  seen(): Seen;
}

/** Perfect negotiation (W3C WebRTC section 10.7); the agent is the impolite side. */
export class PeerConnection {
  /** The life of this peer connection. */
  readonly epoch: string;
  readonly pc: RTCPeerConnection;
  readonly talk: RTCDataChannel;
  readonly glance: RTCDataChannel;
  readonly bulk: RTCDataChannel;
  /** The connection or the channel changed. */
  readonly changed = new Event<[]>();
  readonly #options: ConnectionOptions;
  /** The other side's peer connection, once it is known. */
  #theirEpoch: string | null = null;
  #peerSeen: Seen | null = null;
  #early: RTCIceCandidateInit[] = [];
  #work = Promise.resolve();

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.epoch = options.epoch;
    this.pc = options.createPeer({
      iceServers: options.ice,
      iceTransportPolicy: options.relayOnly ? "relay" : "all",
    });
    const open = (label: string, id: number, init: RTCDataChannelInit = {}) =>
      this.pc.createDataChannel(label, { negotiated: true, id, ...init });
    this.talk = open("talk", STREAMS.talk);
    this.glance = open("glance", STREAMS.glance, { ordered: false, maxRetransmits: 0 });
    this.bulk = open("bulk", STREAMS.bulk);
    this.bulk.binaryType = "arraybuffer";
    this.pc.onicecandidate = ({ candidate }) => this.#tell(candidate);
    this.pc.onconnectionstatechange = () => this.changed.fire();
    this.pc.oniceconnectionstatechange = () => this.changed.fire();
    this.talk.onopen = () => this.changed.fire();
    this.talk.onclose = () => this.changed.fire();
    // Visitors offer; an agent's side only offers to restart ICE.
    this.pc.onnegotiationneeded = () => {
      if (options.role === "visitor" || this.isAnswered) {
        this.#then(() => this.#offer());
      }
    };
  }

  /** What the other side had seen when the channel was negotiated. */
  get peerSeen(): Seen | null {
    return this.#peerSeen;
  }

  /** Offer and answer were exchanged once. */
  get isAnswered(): boolean {
    return this.pc.currentRemoteDescription !== null;
  }

  /** Whether this comes from another life of the other side than the one known here. */
  isForeign(signal: Addressed): boolean {
    return this.#theirEpoch !== null && this.#theirEpoch !== signal.epoch;
  }

  /** Takes a signal that is meant for this connection. */
  signal(signal: Addressed): void {
    if (this.isForeign(signal)) {
      return;
    }
    if (signal.kind === "description") {
      // At once: a later offer, of another life, may come before this one is taken in.
      this.#theirEpoch = signal.epoch;
      this.#then(() => this.#describe(signal));
    } else {
      this.#then(() => this.#candidate(signal));
    }
  }

  /** Finds a new path, with fresh credentials. */
  restart(ice: IceServer[]): void {
    if (this.pc.signalingState !== "closed") {
      this.pc.setConfiguration({ ...this.pc.getConfiguration(), iceServers: ice });
      this.pc.restartIce();
    }
  }

  close(): void {
    for (const channel of [this.talk, this.glance, this.bulk]) {
      channel.onopen = channel.onclose = channel.onmessage = channel.onbufferedamountlow = null;
    }
    this.pc.onicecandidate = this.pc.onnegotiationneeded = null;
    this.pc.onconnectionstatechange = this.pc.oniceconnectionstatechange = null;
    this.pc.close();
  }

  /** One step of negotiation after the other. One that fails leaves the rest to the retry. */
  #then(step: () => Promise<void>): void {
    this.#work = this.#work.then(step).catch(() => {});
  }

  async #offer(): Promise<void> {
    await this.pc.setLocalDescription();
    this.#describeMine();
  }

  async #describe(signal: Signal & { kind: "description" }): Promise<void> {
    const { role, sdp, seen } = signal;
    const collides = role === "offer" && this.pc.signalingState !== "stable";
    if (collides && this.#options.role === "agent") {
      return;
    }
    await this.pc.setRemoteDescription({ type: role, sdp });
    this.#peerSeen = seen;
    for (const candidate of this.#early.splice(0)) {
      // One that does not fit must not cost the answer.
      await this.pc.addIceCandidate(candidate).catch(() => {});
    }
    if (role === "offer") {
      await this.pc.setLocalDescription();
      this.#describeMine();
    }
    this.changed.fire();
  }

  async #candidate(signal: Signal & { kind: "candidate" }): Promise<void> {
    const candidate = { candidate: signal.candidate, sdpMid: signal.mid };
    if (this.pc.remoteDescription === null) {
      if (this.#early.length < EARLY_CANDIDATES) {
        this.#early.push(candidate);
      }
      return;
    }
    // Fails for an offer that was ignored, and for what this browser does not understand.
    await this.pc.addIceCandidate(candidate);
  }

  #describeMine(): void {
    const description = this.pc.localDescription;
    if (description?.type === "offer" || description?.type === "answer") {
      this.#options.send({
        kind: "description",
        role: description.type,
        sdp: description.sdp,
        seen: this.#options.seen(),
        ...this.#addressed(),
      });
    }
  }

  #tell(candidate: RTCIceCandidate | null): void {
    this.#options.send({
      kind: "candidate",
      candidate: candidate?.candidate ?? "",
      mid: candidate?.sdpMid ?? "0",
      ...this.#addressed(),
    });
  }

  #addressed(): { epoch: string; to?: string } {
    const { epoch } = this;
    return this.#theirEpoch === null ? { epoch } : { epoch, to: this.#theirEpoch };
  }
}
