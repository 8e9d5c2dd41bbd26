// What happened, in plain words for the agent.

import { connectionText, type Line, type SessionView } from "@isession/peer";
import type {
  Blocked,
  Consent,
  EndReason,
  Failed,
  Grant,
  How,
  Landing,
  Permission,
  Travel,
} from "@isession/protocol";

const HOW: Record<How, string> = {
  opener: "in the visitor's page",
  stage: "in the window that is being led",
  window: "in a new window",
  link: "by a link that the visitor clicked",
  page: "in the visitor's page",
  companion: "in the visitor's page, with the conversation in a window of its own",
  program: "in the visitor's program",
  unknown: "at the visitor",
};

const BLOCKED: Record<Blocked, string> = {
  malformed: "this is not an address",
  too_long: "the address is too long",
  scheme: "only https addresses are allowed",
  credentials: "the address carries a user name or password",
  local_name: "the address names the visitor's own network",
  private_address: "the address is a private one",
  not_allowed: "the site does not let its visitors be led there",
  stopped: "the visitor stopped leading",
  not_permitted: "the visitor has not permitted it",
  unknown: "the visitor's side refused it",
};

const FAILED: Record<Failed, string> = {
  no_window: "the visitor's browser opened no window",
  replaced: "what you asked after it took its place",
  interrupted: "the visitor's window was closed or reloaded",
  no_page: "the visitor has no page of the site open",
  unknown: "the visitor's browser did not go",
};

export const NOT_ALLOWED = `Not sent: ${BLOCKED.not_allowed}`;

/** The life of a lead. `sent`: it went out. */
export function landingInWords(landing: Landing | null, sent: boolean): string {
  switch (landing?.state) {
    case undefined:
      return sent ? "Sent" : "Waiting for the connection";
    case "shown":
      return "Shown to the visitor";
    case "landed":
      return `Landed ${HOW[landing.how]}`;
    case "declined":
      return "Declined: the visitor stays";
    case "blocked":
      return `Blocked: ${BLOCKED[landing.why]}`;
    case "failed":
      return `Failed: ${FAILED[landing.why]}`;
    default:
      return "Answered";
  }
}

type Highlight = Line & { kind: "highlight" };

/** What became of a highlight. */
export function highlightInWords({ found, label, why }: Highlight): string {
  if (why) {
    return `Not shown: ${BLOCKED[why]}`;
  }
  switch (found) {
    case null:
      return "On its way to the visitor";
    case true:
      return label ? `The visitor is shown: ${label}` : "The visitor is shown it.";
    case false:
      return "It is not on the visitor's page any more.";
  }
}

/** What somebody did, in one line; messages are their own words. */
export function lineInWords(line: Line): string {
  switch (line.kind) {
    case "message":
      return line.text;
    case "lead":
      return `Lead to ${line.url}`;
    case "travel":
      return TRAVEL[line.travel];
    case "consent":
      return CONSENT[line.consent];
    case "ask":
      return `You asked to ${PERMISSION[line.permission]}.`;
    case "grant":
      return `${GRANT[line.grant]} ${PERMISSION[line.permission]}.`;
    case "guide":
      return `You went ahead to ${line.url}`;
    case "release":
      return `${RELEASED} ${PERMISSION[line.permission]}.`;
    case "highlight":
      return line.label ? `You pointed at: ${line.label}` : "You pointed at something";
  }
}

/** What came of it; empty where nothing is to come, or came as it should. */
export function outcomeInWords(line: Line): string {
  switch (line.kind) {
    case "lead":
    case "travel":
    case "guide":
      return landingInWords(line.landing, line.state !== "waiting");
    case "highlight":
      return line.found ? "" : highlightInWords(line);
    default:
      return "";
  }
}

export const CONSENT: Record<Consent, string> = {
  ask: "The visitor is asked each time.",
  allow: "The visitor allowed leads for this session.",
  stop: "The visitor stopped leading.",
  unknown: "The visitor stopped leading.",
};

export const TRAVEL: Record<Travel, string> = {
  back: "Back in the visitor's page",
  forward: "Forward in the visitor's page",
  reload: "Reload of the visitor's page",
  unknown: "A move of the visitor's page",
};

export const PERMISSION: Record<Permission, string> = {
  view: "see the page",
  point: "point at things on the page",
  follow: "lead the way over the site",
  unknown: "do something that this version does not know",
};

export const RELEASED = "You no longer want to";

export const GRANT: Record<Grant, string> = {
  granted: "The visitor lets you",
  declined: "The visitor did not let you",
  withdrawn: "The visitor no longer lets you",
  expired: "The visitor did not answer, so you may not",
  paused: "The visitor went on alone, so for now you may not",
  no_page: "The visitor has no page of the site open, so you may not",
  unknown: "The visitor no longer lets you",
};

export const END: Record<EndReason, string> = {
  by_visitor: "The visitor ended the session.",
  by_agent: "You ended the session.",
  abandoned: "The visitor left.",
  expired: "The session was forgotten: nobody came back.",
  unanswered: "Nobody answered.",
  unknown: "The session ended.",
};

/** `gone`: the visitor's side has vanished. */
export function connectionInWords({ connection, path }: SessionView, gone = false): string {
  const words = connectionText(connection, path);
  return gone ? `${words} ${GONE}` : words;
}

const GONE = "The visitor has not been reachable for a minute. You can wait or end the session.";

/** A duration as people say it: 0:07, 12:30, 1:02:00. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (n: number) => String(n).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const rest = two(seconds % 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${rest}` : `${minutes}:${rest}`;
}

/** An address without what makes it long. */
export function shortAddress(url: string): string {
  try {
    const { host, pathname } = new URL(url);
    return host + (pathname === "/" ? "" : pathname);
  } catch {
    return url;
  }
}

/** Adds the scheme that people do not type. */
export function asAddress(text: string): string {
  const address = text.trim();
  return /^[a-z][a-z0-9+.-]*:/i.test(address) && !/^[^/]*:\d+(\/|$)/.test(address)
    ? address
    : `https://${address}`;
}
