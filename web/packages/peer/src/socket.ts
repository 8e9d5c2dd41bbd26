// The WebSocket to the node: comes back by itself, and says hello anew each time.

import { type ErrorCode, type ErrorFrame, SUBPROTOCOL } from "@isession/protocol";
import { type Clock, Event, type Readable, systemClock, Value } from "./ports";

export type SocketState = "connecting" | "open" | "waiting" | "stopped";

/** A question is answered in this time, or the connection is dead: nobody tells when an address changes. */
const ANSWER = 4000;
/** A connection that does not open in this time never will. */
const OPENING = 10_000;
/** `WebSocket.OPEN`, without the global. */
const OPEN = 1;
/** The longest pause that a node can ask for. */
const LONGEST_PAUSE = 300_000;

/** A node that closed for a reason that may pass is left in peace for as long. */
const REFUSED = 5000;
/** Coming back changes nothing. */
const FINAL: ReadonlySet<ErrorCode> = new Set([
  "superseded",
  "unknown_site",
  "origin_not_allowed",
  "not_signed_in",
]);

/** Whether the node closes for good, and not only this connection. */
export const isFinal = ({ code, fatal }: ErrorFrame): boolean => fatal && FINAL.has(code);

/** Milliseconds before the next try; full jitter, so that a restarted node is not stormed. */
export function backOff(tries: number, random: number): number {
  return Math.round(random * Math.min(30_000, 500 * 2 ** Math.min(tries, 6)));
}

/** What both kinds of incoming frame have in common. */
type Incoming = { type: string };

export interface SocketOptions<Out, In extends Incoming> {
  url: string;
  /** The first frame of each connection. */
  hello(): Out;
  decode(text: string): In | null;
  clock?: Clock;
  random?(): number;
  open?(url: string, protocol: string): WebSocket;
}

export class NodeSocket<Out, In extends Incoming> {
  readonly #options: SocketOptions<Out, In>;
  readonly #clock: Clock;
  readonly #state = new Value<SocketState>("connecting");
  readonly #frames = new Event<[In]>();
  #ws: WebSocket | null = null;
  #tries = 0;
  #retryAfter = 0;
  #cancelRetry = () => {};
  /** Runs out when the node is silent for too long. */
  #cancelSilence = () => {};
  #silentAt = Number.POSITIVE_INFINITY;
  /** How long the node may be silent; unknown before it said so. */
  #patience: number | null = null;

  constructor(options: SocketOptions<Out, In>) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#connect();
  }

  get state(): Readable<SocketState> {
    return this.#state;
  }

  onFrame(run: (frame: In) => void): () => void {
    return this.#frames.on(run);
  }

  /** False if there is no connection: after the next hello the node tells everything anew. */
  send(frame: Out): boolean {
    if (this.#ws?.readyState !== OPEN) {
      return false;
    }
    this.#ws.send(JSON.stringify(frame));
    return true;
  }

  /**
   * Sends something that the node answers. Without an answer the connection is made anew; a later
   * question gives no more time.
   */
  ask(frame: Out): boolean {
    const sent = this.send(frame);
    if (sent) {
      this.#expect(Math.min(ANSWER, this.#silentAt - this.#clock.now()));
    }
    return sent;
  }

  /** Tries at once instead of waiting: somebody looks. */
  retryNow(): void {
    if (this.#state.get() === "waiting") {
      this.#cancelRetry();
      this.#connect();
    }
  }

  /** The network changed: a connection of before it may be dead without knowing. */
  renew(): void {
    if (this.#state.get() !== "stopped") {
      this.#cancelRetry();
      this.#drop();
      this.#connect();
    }
  }

  stop(): void {
    this.#state.set("stopped");
    this.#cancelRetry();
    this.#drop();
  }

  #drop(): void {
    this.#heard();
    const ws = this.#ws;
    // What a dead connection still says, if only that it closed, is of no interest.
    this.#ws = null;
    ws?.close();
  }

  /** There is somebody: silence begins anew. */
  #heard(): void {
    this.#cancelSilence();
    this.#silentAt = Number.POSITIVE_INFINITY;
  }

  /** Something is to be heard in this time, or the connection is made anew. */
  #expect(within: number): void {
    this.#heard();
    this.#silentAt = this.#clock.now() + within;
    this.#cancelSilence = this.#clock.after(within, () => {
      this.#drop();
      this.#wait();
    });
  }

  #connect(): void {
    this.#state.set("connecting");
    this.#patience = null;
    this.#expect(OPENING);
    const open = this.#options.open ?? ((url, protocol) => new WebSocket(url, protocol));
    const ws = open(this.#options.url, SUBPROTOCOL);
    this.#ws = ws;
    ws.onopen = () => {
      if (this.#ws === ws) {
        this.#state.set("open");
        this.#heard();
        this.ask(this.#options.hello());
      }
    };
    ws.onmessage = (message: MessageEvent) => {
      if (this.#ws === ws) {
        this.#receive(message.data);
      }
    };
    ws.onclose = () => {
      if (this.#ws === ws) {
        this.#drop();
        this.#wait();
      }
    };
  }

  #wait(): void {
    if (this.#state.get() === "stopped") {
      return;
    }
    const random = (this.#options.random ?? Math.random)();
    const wait = this.#retryAfter + backOff(this.#tries, random);
    this.#tries += 1;
    this.#retryAfter = 0;
    this.#state.set("waiting");
    this.#cancelRetry = this.#clock.after(wait, () => this.#connect());
  }

  #receive(data: unknown): void {
    const frame = typeof data === "string" ? this.#options.decode(data) : null;
    if (frame?.type === "alive") {
      this.#patience = 2 * Math.min(LONGEST_PAUSE, (frame as unknown as { next: number }).next);
    }
    this.#heard();
    if (this.#patience !== null) {
      this.#expect(this.#patience);
    }
    if (!frame) {
      return;
    }
    if (frame.type === "welcome") {
      this.#tries = 0;
    } else if (frame.type === "going_away") {
      const { retry_after } = frame as unknown as { retry_after: number };
      this.#retryAfter = Math.min(LONGEST_PAUSE, retry_after);
    } else if (frame.type === "error") {
      this.#refused(frame as unknown as ErrorFrame);
    }
    this.#frames.fire(frame);
  }

  #refused(error: ErrorFrame): void {
    if (isFinal(error)) {
      this.stop();
    } else if (error.fatal) {
      this.#retryAfter = REFUSED;
      this.#drop();
      this.#wait();
    }
  }
}
