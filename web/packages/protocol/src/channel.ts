// What the two people read from each other, and of the pages that the visitor is on.

import { asked, decoders, link, permission, typing, written } from "./conversation";
import type {
  Blocked,
  Body,
  Consent,
  Failed,
  Glance,
  Grant,
  How,
  Landing,
  NextOffer,
  Point,
  Talk,
} from "./generated";
import * as LIMITS from "./limits";
import { count, entryId, epoch, sdp, url } from "./parts";
import { bool, list, optional, record, text, union, within, word } from "./read";

const blocked = word<Blocked>(
  "malformed",
  "too_long",
  "scheme",
  "credentials",
  "local_name",
  "private_address",
  "not_allowed",
  "stopped",
  "not_permitted",
);

const landing = union<Landing, "state">("state", {
  shown: {},
  landed: { how: word<How>("opener", "stage", "window", "link", "page", "companion", "program") },
  declined: {},
  blocked: { why: blocked },
  failed: { why: word<Failed>("no_window", "replaced", "interrupted", "no_page") },
});

const body = union<Body, "type">("type", {
  ...asked,
  landing: { lead: entryId, landing },
  consent: { consent: word<Consent>("ask", "allow", "stop") },
  release: { permission },
  grant: {
    permission,
    grant: word<Grant>("granted", "declined", "withdrawn", "expired", "paused", "no_page"),
  },
  location: { tab: epoch, url: optional(url), title: text(LIMITS.title), front: bool },
  highlighted: {
    highlight: entryId,
    found: bool,
    label: text(LIMITS.label),
    why: optional(blocked),
  },
});

const talk = union<Talk, "type">("type", {
  ...link,
  next: { offer: optional(record<NextOffer>({ epoch, sdp })) },
  entry: { ...written, body },
});

const pixels = within(-0x80000000, 0x7fffffff);
const point = record<Point>({ x: pixels, y: pixels });

const glance = union<Glance, "type">("type", {
  ...typing,
  pointer: { n: count, at: optional(point) },
  scroll: { n: count, at: point, of: optional(point) },
  click: { at: point },
  ink: { stroke: count, from: count, points: list(point, LIMITS.inkPoints) },
});

/** All that the two may say. */
export const channel = decoders(talk, glance);
