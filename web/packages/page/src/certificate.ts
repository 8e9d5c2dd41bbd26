// One certificate for all pages of a visit: to the agent's side, whoever comes back on the next page
// has the same fingerprint. Scripts can neither read its key nor take it elsewhere.

const DATABASE = "isession";
const STORE = "certificates";
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" };
/** One that expires soon is replaced: a visit may go on for long. */
const LEFT = 24 * 60 * 60_000;

/** The kept certificate, or a new one; none where a page may keep nothing. */
export async function certificate(): Promise<RTCCertificate | null> {
  try {
    const database = await opened();
    const kept = (await done(store(database, "readonly").get(0))) as RTCCertificate | undefined;
    if (kept && kept.expires > Date.now() + LEFT) {
      database.close();
      return kept;
    }
    const made = await RTCPeerConnection.generateCertificate(ALGORITHM);
    await done(store(database, "readwrite").put(made, 0));
    database.close();
    return made;
  } catch {
    return null;
  }
}

/** The visit is over: nobody shall be recognised by it later. */
export function forgetCertificate(): void {
  try {
    indexedDB.deleteDatabase(DATABASE);
  } catch {
    // Then there is none.
  }
}

export const withCertificate =
  (kept: RTCCertificate | null) =>
  (configuration: RTCConfiguration): RTCPeerConnection =>
    new RTCPeerConnection(kept ? { ...configuration, certificates: [kept] } : configuration);

function opened(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return done(request);
}

const store = (database: IDBDatabase, mode: IDBTransactionMode): IDBObjectStore =>
  database.transaction(STORE, mode).objectStore(STORE);

const done = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
