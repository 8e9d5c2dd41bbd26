// What the recorder needs of the channel it speaks on.

export interface Outlet {
  /** Takes a message; false: there is no channel, or no room in it. */
  send(message: Uint8Array<ArrayBuffer>): boolean;
  /** Runs whenever there is room after there was none. */
  onRoom(run: () => void): () => void;
  /** Runs whenever a channel opens: what the other side had seen may be gone. */
  onOpen(run: () => void): () => void;
  /** Runs whenever the agent's side asks to begin anew: it lost what it had. */
  onMirror(run: () => void): () => void;
}
