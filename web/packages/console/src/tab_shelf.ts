// Sessions in this tab's own storage, as plain as it is: they survive a reload, and no more.

import type { AgentId, SessionId } from "@isession/protocol";
import type { RememberedTalk, Shelf } from "./shelf";

const KEY = "isession:talks";

/** Storage may be full or forbidden: then a reload forgets as well. */
export class TabShelf implements Shelf {
  #agent: AgentId | null = null;
  #talks = new Map<SessionId, RememberedTalk>();

  async open(agent: AgentId): Promise<RememberedTalk[]> {
    this.#agent = agent;
    try {
      const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
      if (kept?.agent === agent) {
        this.#talks = new Map(kept.talks.map((talk: RememberedTalk) => [talk.session, talk]));
      }
    } catch {
      // As above.
    }
    this.#write();
    return [...this.#talks.values()];
  }

  async put(talk: RememberedTalk): Promise<void> {
    this.#talks.set(talk.session, talk);
    this.#write();
  }

  async delete(session: SessionId): Promise<void> {
    this.#talks.delete(session);
    this.#write();
  }

  /** Each tab has its own. */
  async isMine(): Promise<boolean> {
    return true;
  }

  async clear(): Promise<void> {
    sessionStorage.removeItem(KEY);
  }

  #write(): void {
    try {
      const kept = { agent: this.#agent, talks: [...this.#talks.values()] };
      sessionStorage.setItem(KEY, JSON.stringify(kept));
    } catch {
      // As above.
    }
  }
}
