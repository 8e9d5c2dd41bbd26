// A session in which one side sees the other's page: with `bulk`, and with what they point at.

import type { Glance } from "@isession/protocol";
import { Bulk } from "./bulk";
import type { PeerConnection } from "./connection";
import { Event } from "./ports";
import { Session } from "./session";

export class SightSession extends Session {
  /** Large data, such as mirrors. */
  readonly bulk = new Bulk(() => this.view.get().connection === "open");
  readonly #glances = new Event<[Glance]>();

  /** The other side glances: where it points, and where it is in the page. */
  onGlance(run: (glance: Glance) => void): () => void {
    return this.#glances.on(run);
  }

  protected override glanced(glance: Glance): void {
    this.#glances.fire(glance);
  }

  protected override use(connection: PeerConnection, epoch: string): void {
    super.use(connection, epoch);
    this.bulk.attach(connection.bulk);
  }

  protected override drop(): void {
    super.drop();
    this.bulk.attach(null);
  }

  protected override shown(): void {
    this.bulk.check();
  }
}
