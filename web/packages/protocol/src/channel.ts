// What the two people read from each other.

import {
  type Blocked,
  type Body,
  type Consent,
  type Failed,
  type Glance,
  type Grant,
  type How,
  type Landing,
  LIMITS,
  type NextOffer,
  type Permission,
  type Point,
  type Talk,
  type Travel,
} from "./generated";
import { count, entryId, epoch, sdp, seen, signal, url } from "./parts";
import { bool, decode, list, optional, record, text, union, whole, within, word } from "./read";

const landing = union<Landing, "state">("state", {
  shown: {},
  landed: { how: word<How>("opener", "stage", "window", "link", "page", "companion", "program") },
  declined: {},
  blocked: {
    why: word<Blocked>(
      "malformed",
      "too_long",
      "scheme",
      "credentials",
      "local_name",
      "private_address",
      "not_allowed",
      "stopped",
      "not_permitted",
    ),
  },
  failed: { why: word<Failed>("no_window", "replaced", "interrupted", "no_page") },
});

const permission = word<Permission>("view", "point", "follow");

const body = union<Body, "type">("type", {
  message: { text: text(LIMITS.messageText) },
  lead: { url },
  landing: { lead: entryId, landing },
  consent: { consent: word<Consent>("ask", "allow", "stop") },
  ask: { permission },
  grant: {
    permission,
    grant: word<Grant>("granted", "declined", "withdrawn", "expired", "paused"),
  },
  travel: { travel: word<Travel>("back", "forward", "reload") },
  location: { tab: epoch, url: optional(url), title: text(LIMITS.title), front: bool },
  highlight: { view: epoch, node: count },
  highlighted: { highlight: entryId, found: bool, label: text(LIMITS.label) },
  bye: {},
});

const talk = union<Talk, "type">("type", {
  resume: { seen },
  ack: { id: entryId },
  signal: { signal },
  next: { offer: optional(record<NextOffer>({ epoch, sdp })) },
  entry: { id: entryId, at: whole(Number.MAX_SAFE_INTEGER), body },
});

const pixels = within(-0x80000000, 0x7fffffff);
const point = record<Point>({ x: pixels, y: pixels });

const glance = union<Glance, "type">("type", {
  typing: { typing: bool },
  pointer: { n: count, at: optional(point) },
  scroll: { n: count, at: point },
  click: { at: point },
  ink: { stroke: count, from: count, points: list(point, LIMITS.inkPoints) },
});

export const decodeTalk = (text: string): Talk | null => decode(talk, text, LIMITS.channelFrame);

export const decodeGlance = (text: string): Glance | null =>
  decode(glance, text, LIMITS.channelFrame);
