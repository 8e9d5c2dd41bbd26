// Readers of the frames that only the node reads, so that the golden frames are all read here.

import type { FromAgent, FromVisitor } from "../src/generated";
import * as LIMITS from "../src/limits";
import { details, id, path, signal, site, ticket } from "../src/parts";
import { bool, decode, list, optional, union } from "../src/read";

const fromVisitor = union<FromVisitor, "type">("type", {
  hello: { site, ticket: optional(ticket), details },
  details: { details },
  leave: {},
  signal: { link: id, signal },
  ice: { link: id },
  path: { link: id, path },
  end: { session: id },
});

const fromAgent = union<FromAgent, "type">("type", {
  hello: { available: bool, tickets: list(ticket, LIMITS.tickets) },
  available: { available: bool },
  accept: { visitor: id },
  decline: { visitor: id },
  signal: { link: id, signal },
  ice: { link: id },
  path: { link: id, path },
  end: { session: id },
});

export const decodeFromVisitor = (text: string): FromVisitor | null =>
  decode(fromVisitor, text, LIMITS.signalingFrame);

export const decodeFromAgent = (text: string): FromAgent | null =>
  decode(fromAgent, text, LIMITS.signalingFrame);
