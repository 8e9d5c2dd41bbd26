// What the two people read from each other.

import {
  type Blocked,
  type Body,
  type Consent,
  type Failed,
  type Glance,
  type How,
  type Landing,
  LIMITS,
  type Talk,
} from "./generated";
import { entryId, seen, signal, url } from "./parts";
import { bool, decode, type Read, record, text, union, whole, word } from "./read";

const landing = union<Landing, "state">("state", {
  shown: {},
  landed: { how: word<How>("opener", "stage", "window", "link", "program") },
  declined: {},
  blocked: {
    why: word<Blocked>(
      "malformed",
      "too_long",
      "scheme",
      "credentials",
      "local_name",
      "private_address",
      "stopped",
    ),
  },
  failed: { why: word<Failed>("no_window", "replaced", "interrupted") },
});

const body = union<Body, "type">("type", {
  message: { text: text(LIMITS.messageText) },
  lead: { url },
  landing: { lead: entryId, landing },
  consent: { consent: word<Consent>("ask", "allow", "stop") },
  bye: {},
});

const talk = union<Talk, "type">("type", {
  resume: { seen },
  ack: { id: entryId },
  signal: { signal },
  entry: { id: entryId, at: whole(LIMITS.time), body },
});

const glance = union<Glance, "type">("type", { typing: { typing: bool } });

/**
 * An entry of which no more than the id can be read is one of a newer version: if it were refused,
 * its writer would send it for ever.
 */
const named: Read<Talk> = (value) => ({
  ...record({ type: (tag) => text(5, /^entry$/)(tag) as "entry", id: entryId })(value),
  at: 0,
  body: { type: "unknown" },
});

export const decodeTalk = (text: string): Talk | null =>
  decode(talk, text, LIMITS.channelFrame) ?? decode(named, text, LIMITS.channelFrame);

export const decodeGlance = (text: string): Glance | null =>
  decode(glance, text, LIMITS.channelFrame);
