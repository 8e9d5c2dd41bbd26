// Events wait here for the channel. It never waits for them: beyond a bound they are thrown away,
// and the mirror begins anew with a full snapshot once there is room.

import type { Batch, MirrorEvent } from "./events";
import { FULL, META } from "./events";
import type { Outlet } from "./outlet";

/** Events that wait; beyond either all are thrown away. */
const EVENTS = 5000;
const CHARACTERS = 4 * 1024 * 1024;
/** Events are gathered for this long, in milliseconds. */
const GATHER = 50;

export interface SenderOptions {
  view: string;
  outlet: Outlet;
  pack(batch: Batch): Promise<Uint8Array<ArrayBuffer>[] | null>;
  after(ms: number, run: () => void): () => void;
  /** A full snapshot is wanted: everything before it is void. */
  onStale(): void;
}

export class Sender {
  readonly #options: SenderOptions;
  #events: MirrorEvent[] = [];
  #size = 0;
  /** Messages of the batch that is going out. */
  #messages: Uint8Array<ArrayBuffer>[] = [];
  /** A batch is being packed; the number names whose. */
  #packing = 0;
  #round = 1;
  #stale = true;
  /** The latest snapshot was too large: another one would be, too, until it is asked for. */
  #hopeless = false;
  #cancel: (() => void) | null = null;
  readonly #ends: (() => void)[];

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#ends = [
      options.outlet.onRoom(() => this.#go()),
      options.outlet.onOpen(() => this.restart()),
      options.outlet.onMirror(() => {
        this.#drop();
        this.#begin();
      }),
    ];
  }

  /** Events were thrown away, and a snapshot has not taken their place yet. */
  get stale(): boolean {
    return this.#stale;
  }

  add(event: MirrorEvent): void {
    if (event.type === META) {
      this.#drop();
      this.#stale = false;
    }
    if (this.#stale) {
      return;
    }
    this.#events.push(event);
    this.#size += event.type === FULL ? 0 : JSON.stringify(event).length;
    if (this.#events.length > EVENTS || this.#size > CHARACTERS) {
      this.#drop();
      this.#stale = true;
      return;
    }
    this.#cancel ??= this.#options.after(GATHER, () => {
      this.#cancel = null;
      this.#go();
    });
  }

  /** What waits is void; a snapshot is asked for. */
  restart(): void {
    this.#drop();
    this.#messages = [];
    this.#packing = 0;
    this.#round += 1;
    this.#begin();
  }

  #begin(): void {
    this.#stale = true;
    this.#hopeless = false;
    this.#go();
  }

  close(): void {
    this.#drop();
    this.#messages = [];
    this.#round += 1;
    for (const end of this.#ends) {
      end();
    }
  }

  #drop(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#events = [];
    this.#size = 0;
  }

  /** Sends what there is room for. */
  #go(): void {
    for (let next = this.#messages[0]; next; next = this.#messages[0]) {
      if (!this.#options.outlet.send(next)) {
        return;
      }
      this.#messages.shift();
    }
    if (this.#packing !== 0) {
      return;
    }
    if (this.#stale) {
      if (!this.#hopeless) {
        this.#options.onStale();
      }
    } else if (this.#events.length > 0 && this.#cancel === null) {
      void this.#pack();
    }
  }

  async #pack(): Promise<void> {
    const round = this.#round;
    this.#packing = round;
    const events = this.#events;
    this.#drop();
    const { view, pack } = this.#options;
    const first = events[0]?.type === META;
    const messages = await pack({ view, first, events });
    if (round === this.#round) {
      this.#packing = 0;
      if (messages) {
        this.#messages = messages;
      } else {
        // Too many changes at once give way to a snapshot; a page that is itself too large for one
        // is not shown.
        this.#drop();
        this.#stale = true;
        this.#hopeless = first;
      }
      this.#go();
    }
  }
}
