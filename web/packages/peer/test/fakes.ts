// A clock that tests turn, and peer connections that find each other by their descriptions.

import type { Clock } from "../src/index";

export class FakeClock implements Clock {
  #now = 1_795_459_200_000;
  #timers: { at: number; run: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + ms, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  turn(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const [next] = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (!next) {
        break;
      }
      this.#timers = this.#timers.filter((other) => other !== next);
      this.#now = next.at;
      next.run();
    }
    this.#now = end;
  }
}

/** Lets everything that waits in promises happen. */
export const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

type Listener = ((event: never) => void) | null;

export class FakeChannel {
  readyState: "connecting" | "open" | "closed" = "connecting";
  bufferedAmount = 0;
  bufferedAmountLowThreshold = 0;
  binaryType = "blob";
  onopen: Listener = null;
  onclose: Listener = null;
  onmessage: Listener = null;
  onbufferedamountlow: Listener = null;
  readonly sent: string[] = [];
  other: FakeChannel | null = null;

  send(data: string): void {
    if (this.readyState !== "open") {
      throw new Error("not open");
    }
    this.sent.push(data);
    const { other } = this;
    queueMicrotask(() => other?.onmessage?.({ data } as never));
  }

  open(other: FakeChannel): void {
    this.other = other;
    this.readyState = "open";
    this.onopen?.({} as never);
  }

  close(): void {
    if (this.readyState !== "closed") {
      this.readyState = "closed";
      this.onclose?.({} as never);
    }
  }
}

/** Connects to its partner as soon as both have described themselves to each other. */
export class FakePeer {
  static readonly all: FakePeer[] = [];
  readonly id = `sdp-${FakePeer.all.push(this)}`;
  readonly channels = new Map<number, FakeChannel>();
  readonly candidates: RTCIceCandidateInit[] = [];
  signalingState = "stable";
  connectionState = "new";
  localDescription: RTCSessionDescriptionInit | null = null;
  remoteDescription: RTCSessionDescriptionInit | null = null;
  currentRemoteDescription: RTCSessionDescriptionInit | null = null;
  restarts = 0;
  onicecandidate: Listener = null;
  onnegotiationneeded: Listener = null;
  onconnectionstatechange: Listener = null;

  constructor(readonly config: RTCConfiguration) {
    queueMicrotask(() => this.onnegotiationneeded?.({} as never));
  }

  createDataChannel(_label: string, { id }: { id: number }): FakeChannel {
    const channel = new FakeChannel();
    this.channels.set(id, channel);
    return channel;
  }

  async createOffer(): Promise<RTCSessionDescriptionInit> {
    return { type: "offer", sdp: this.id };
  }

  async setLocalDescription(): Promise<void> {
    await Promise.resolve();
    const answers = this.signalingState === "have-remote-offer";
    this.localDescription = { type: answers ? "answer" : "offer", sdp: this.id };
    this.signalingState = answers ? "stable" : "have-local-offer";
    if (answers) {
      this.currentRemoteDescription = this.remoteDescription;
      this.#meet();
    }
  }

  async setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
    await Promise.resolve();
    this.remoteDescription = description;
    if (description.type === "offer") {
      this.signalingState = "have-remote-offer";
    } else {
      this.signalingState = "stable";
      this.currentRemoteDescription = description;
      this.#meet();
    }
  }

  async addIceCandidate(candidate: RTCIceCandidateInit): Promise<void> {
    if (candidate.candidate === "broken") {
      throw new Error("not understood");
    }
    this.candidates.push(candidate);
  }

  getConfiguration(): RTCConfiguration {
    return this.config;
  }

  setConfiguration(): void {}

  restartIce(): void {
    this.restarts += 1;
    queueMicrotask(() => this.onnegotiationneeded?.({} as never));
  }

  async getStats(): Promise<Map<string, unknown>> {
    return new Map<string, unknown>([
      ["T", { type: "transport", selectedCandidatePairId: "P" }],
      ["P", { type: "candidate-pair", localCandidateId: "L", remoteCandidateId: "R" }],
      ["L", { candidateType: "host" }],
      ["R", { candidateType: "prflx" }],
    ]);
  }

  fail(state: string): void {
    this.connectionState = state;
    this.onconnectionstatechange?.({} as never);
  }

  close(): void {
    this.signalingState = "closed";
    this.connectionState = "closed";
    for (const channel of this.channels.values()) {
      channel.other?.close();
      channel.close();
    }
  }

  #meet(): void {
    const other = FakePeer.all.find(({ id }) => id === this.remoteDescription?.sdp);
    if (!other || other.currentRemoteDescription?.sdp !== this.id) {
      return;
    }
    for (const peer of [this, other]) {
      peer.connectionState = "connected";
      peer.onconnectionstatechange?.({} as never);
    }
    for (const [id, channel] of this.channels) {
      const partner = other.channels.get(id);
      if (partner && channel.readyState === "connecting") {
        channel.open(partner);
        partner.open(channel);
      }
    }
  }
}

export const fakePeer = (config: RTCConfiguration): RTCPeerConnection =>
  new FakePeer(config) as unknown as RTCPeerConnection;
