// A node that is not real: what a visitor's side said to it, and what it says to that side.

import type { FromVisitor, ToVisitor } from "@isession/protocol";

export const ID = "0192f3a4-7b1c-7def-8123-456789abcdef";

export const site = {
  id: "shop",
  name: "Shop",
  lead_policy: { development: false, allow: [], deny: [], confirm: [] },
  page: { origins: [], query: [], unmask: [] },
  destinations: [],
  retention: 0,
};

export const welcome = (ticket: string): ToVisitor => ({
  type: "welcome",
  visitor: ID,
  site,
  ticket,
});

export const accepted = (ticket: string): ToVisitor => ({
  type: "accepted",
  session: ID,
  link: ID,
  agent: { id: ID, name: "Ada" },
  ice: [],
  ticket,
});

type SignalFrame = FromVisitor & { type: "signal" };

/** Stands in for a `WebSocket` to the node. */
export class FakeNode {
  readonly heard: FromVisitor[] = [];
  readyState = 0;
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onmessage: ((message: { data: string }) => void) | null = null;
  readonly #onSignal: ((frame: SignalFrame) => void) | undefined;

  /** Signals go to `onSignal`, if somebody is behind it, a moment later. */
  constructor(onSignal?: (frame: SignalFrame) => void) {
    this.#onSignal = onSignal;
  }

  send(text: string): void {
    const frame = JSON.parse(text) as FromVisitor;
    if (frame.type === "signal" && this.#onSignal) {
      queueMicrotask(() => this.#onSignal?.(frame));
    } else {
      this.heard.push(frame);
    }
  }

  close(): void {
    this.readyState = 3;
  }

  lose(): void {
    this.close();
    this.onclose?.();
  }

  open(...frames: ToVisitor[]): void {
    this.readyState = 1;
    this.onopen?.();
    this.tell(...frames);
  }

  tell(...frames: ToVisitor[]): void {
    for (const frame of frames) {
      this.onmessage?.({ data: JSON.stringify(frame) });
    }
  }
}
