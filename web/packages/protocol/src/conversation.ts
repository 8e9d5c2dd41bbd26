// What the visitor's side reads from an agent where no page of the site takes part: conversation and
// leads, and what is asked of a page, which it has to answer. The rest is to it as the words of a
// newer version are.

import type { Body, Glance, Permission, Talk, Travel } from "./generated";
import * as LIMITS from "./limits";
import { count, entryId, epoch, seen, signal, url } from "./parts";
import { bool, decode, type Read, record, text, union, whole, word } from "./read";

/** How one side reads what comes over the channel. */
export interface Decoders {
  talk(text: string): Talk | null;
  glance(text: string): Glance | null;
}

/**
 * An entry of which no more than the id can be read is one of a newer version: if it were refused,
 * its writer would send it for ever.
 */
const named: Read<Talk> = (value) => ({
  ...record({ type: (tag) => text(5, /^entry$/)(tag) as "entry", id: entryId })(value),
  at: 0,
  body: { type: "unknown" },
});

/* @__NO_SIDE_EFFECTS__ */
export const decoders = (talk: Read<Talk>, glance: Read<Glance>): Decoders => ({
  talk: (text) =>
    decode(talk, text, LIMITS.channelFrame) ?? decode(named, text, LIMITS.channelFrame),
  glance: (text) => decode(glance, text, LIMITS.channelFrame),
});

export const permission = word<Permission>("view", "point", "follow");
export const asked = {
  message: { text: text(LIMITS.messageText) },
  lead: { url },
  travel: { travel: word<Travel>("back", "forward", "reload") },
  ask: { permission },
  guide: { url },
  highlight: { view: epoch, node: count },
  bye: {},
};
export const link = { resume: { seen }, ack: { id: entryId }, signal: { signal } };
export const written = { id: entryId, at: whole(LIMITS.time) };
export const typing = { typing: { typing: bool } };

type Of<T extends { type: string }, K> = Extract<T, { type: K | "unknown" }>;

const body = union<Of<Body, keyof typeof asked>, "type">("type", asked);

export const conversation = decoders(
  union<Of<Talk, keyof typeof link | "entry">, "type">("type", {
    ...link,
    entry: { ...written, body },
  }),
  union<Of<Glance, "typing">, "type">("type", typing),
);
