// Sessions in IndexedDB, each sealed with AES-GCM. The key is made here and can be used but not
// read by any script; it lies in the same database, so the seal keeps conversations out of
// searches, backups and other programs' eyes, and not from somebody who takes the whole profile
// apart. Signing out throws the key away.

import type { AgentId, SessionId } from "@isession/protocol";
import { type RememberedTalk, type Shelf, TakenOver } from "./shelf";

interface Sealed {
  session: SessionId;
  iv: Uint8Array<ArrayBuffer>;
  sealed: ArrayBuffer;
}

const TALKS = "talks";
const META = "meta";
/** In `META`: the key, and the window that may write. */
const KEY = "key";
const OWNER = "owner";

export class SealedShelf implements Shelf {
  readonly #life = crypto.getRandomValues(new Uint32Array(4)).join(" ");
  #db: IDBDatabase | null = null;
  #key: CryptoKey | null = null;
  #agent = "";

  async open(agent: AgentId): Promise<RememberedTalk[]> {
    this.#agent = agent;
    const fresh = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, [
      "encrypt",
      "decrypt",
    ]);
    let sealed: Sealed[] = [];
    await this.#change(async (talks, meta) => {
      this.#key = ((await result(meta.get(KEY))) as CryptoKey | undefined) ?? fresh;
      meta.put(this.#key, KEY);
      meta.put(this.#life, OWNER);
      sealed = (await result(talks.getAll())) as Sealed[];
    });
    const read: RememberedTalk[] = [];
    for (const one of sealed) {
      try {
        read.push(await this.#unseal(one));
      } catch {
        // Another agent's, or sealed with a key that is gone.
        await this.delete(one.session);
      }
    }
    return read;
  }

  async put(talk: RememberedTalk): Promise<void> {
    const sealed = await this.#seal(talk);
    await this.#changeMine((talks) => talks.put(sealed));
  }

  async delete(session: SessionId): Promise<void> {
    await this.#changeMine((talks) => talks.delete(session));
  }

  async isMine(): Promise<boolean> {
    let owner: unknown;
    await this.#change(async (_, meta) => {
      owner = await result(meta.get(OWNER));
    });
    return owner === undefined || owner === this.#life;
  }

  async clear(): Promise<void> {
    await this.#change((talks, meta) => {
      talks.clear();
      meta.clear();
    });
  }

  /** Writes as long as no other window took over; the check and the change are one transaction. */
  async #changeMine(work: (talks: IDBObjectStore) => void): Promise<void> {
    await this.#change(async (talks, meta) => {
      const owner = await result(meta.get(OWNER));
      if (owner === this.#life) {
        work(talks);
      } else if (owner !== undefined) {
        throw new TakenOver();
      }
      // Nobody's: the agent signed out in another window, so nothing is kept any more.
    });
  }

  /** One transaction over everything. */
  async #change(
    work: (talks: IDBObjectStore, meta: IDBObjectStore) => void | Promise<void>,
  ): Promise<void> {
    this.#db ??= await openDatabase();
    const transaction = this.#db.transaction([TALKS, META], "readwrite");
    const done = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new Error("not kept"));
    });
    try {
      await work(transaction.objectStore(TALKS), transaction.objectStore(META));
    } catch (error) {
      done.catch(() => {});
      transaction.abort();
      throw error;
    }
    await done;
  }

  async #seal(talk: RememberedTalk): Promise<Sealed> {
    const { session } = talk;
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const text = new TextEncoder().encode(JSON.stringify(talk));
    const sealed = await crypto.subtle.encrypt(this.#how(session, iv), this.#usable(), text);
    return { session, iv, sealed };
  }

  async #unseal({ session, iv, sealed }: Sealed): Promise<RememberedTalk> {
    const text = await crypto.subtle.decrypt(this.#how(session, iv), this.#usable(), sealed);
    return JSON.parse(new TextDecoder().decode(text)) as RememberedTalk;
  }

  /** Bound to agent and session: a record opens for nobody else, and in no other's place. */
  #how(session: SessionId, iv: Uint8Array<ArrayBuffer>): AesGcmParams {
    const additionalData = new TextEncoder().encode(`${this.#agent} ${session}`);
    return { name: "AES-GCM", iv, additionalData };
  }

  #usable(): CryptoKey {
    if (!this.#key) {
      throw new Error("not open");
    }
    return this.#key;
  }
}

function openDatabase(): Promise<IDBDatabase> {
  const request = indexedDB.open("isession", 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore(TALKS, { keyPath: "session" });
    request.result.createObjectStore(META);
  };
  return result(request);
}

const result = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
