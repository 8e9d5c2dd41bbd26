// What the console remembers of the agent's own choices, in this browser.

const AVAILABLE = "isession:available";
const MUTED = "isession:muted";

/** Storage may be full or forbidden: then a reload forgets. */
function attempt<T>(work: () => T, otherwise: T): T {
  try {
    return work();
  } catch {
    return otherwise;
  }
}

export const memory = {
  available: (): boolean => attempt(() => localStorage.getItem(AVAILABLE) === "yes", false),
  saveAvailable: (available: boolean): void =>
    attempt(() => localStorage.setItem(AVAILABLE, available ? "yes" : "no"), undefined),
  muted: (): boolean => attempt(() => localStorage.getItem(MUTED) === "yes", false),
  saveMuted: (muted: boolean): void =>
    attempt(() => localStorage.setItem(MUTED, muted ? "yes" : "no"), undefined),
};
