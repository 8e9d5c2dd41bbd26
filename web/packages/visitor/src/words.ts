// What happened, in plain words for the visitor.

import type { EndReason, ErrorFrame, Landing } from "@isession/protocol";

export function failureInWords(landing: Landing | null): string {
  switch (landing?.state) {
    case "shown":
      return "waiting for you";
    case "landed":
      return "done";
    case "declined":
      return "you stayed";
    case "blocked":
      return BLOCKED[landing.why] ?? "blocked for your safety";
    case "failed":
      return landing.why === "replaced" ? "something newer took its place" : "it did not work";
    default:
      return "";
  }
}

const BLOCKED: Record<string, string> = {
  stopped: "you stopped leading",
  not_permitted: "you had not allowed it",
};

export const END: Record<EndReason, string> = {
  by_visitor: "You ended the session.",
  by_agent: "The agent ended the session.",
  abandoned: "You left the queue.",
  expired: "Your visit ended because the connection was lost for too long.",
  unanswered: "We are sorry: nobody could answer. Your visit has ended.",
  unknown: "Your visit has ended.",
};

/** The agent's side has vanished. */
export const GONE =
  "The agent has not been reachable for a minute. You can wait or end the session.";

export function refusalInWords(error: ErrorFrame): string {
  switch (error.code) {
    case "superseded":
      return "This conversation goes on in another window.";
    case "unknown_site":
      return "There is no such site here any more.";
    case "origin_not_allowed":
      return "This page may not use this site.";
    case "too_many_connections":
    case "too_fast":
      return "Too much at once. Please wait, this window tries again by itself.";
    default:
      return `Something went wrong: ${error.message}`;
  }
}
