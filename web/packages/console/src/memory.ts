// What a reload of the console must not forget. Lives as long as the tab.

import type { Saved } from "@isession/peer";
import type { LinkId, SessionId, VisitorCard } from "@isession/protocol";

export interface RememberedTalk {
  session: SessionId;
  link: LinkId;
  visitor: VisitorCard;
  ticket: string;
  transcript: Saved;
}

const TALKS = "isession:talks";
const AVAILABLE = "isession:available";
const MUTED = "isession:muted";

/** Storage may be full or forbidden: then only a reload forgets. */
function attempt<T>(work: () => T, otherwise: T): T {
  try {
    return work();
  } catch {
    return otherwise;
  }
}

export const memory = {
  talks: (): RememberedTalk[] =>
    attempt(() => JSON.parse(sessionStorage.getItem(TALKS) ?? "[]") as RememberedTalk[], []),
  saveTalks: (talks: RememberedTalk[]): void =>
    attempt(() => sessionStorage.setItem(TALKS, JSON.stringify(talks)), undefined),
  available: (): boolean => attempt(() => localStorage.getItem(AVAILABLE) === "yes", false),
  saveAvailable: (available: boolean): void =>
    attempt(() => localStorage.setItem(AVAILABLE, available ? "yes" : "no"), undefined),
  muted: (): boolean => attempt(() => localStorage.getItem(MUTED) === "yes", false),
  saveMuted: (muted: boolean): void =>
    attempt(() => localStorage.setItem(MUTED, muted ? "yes" : "no"), undefined),
};
