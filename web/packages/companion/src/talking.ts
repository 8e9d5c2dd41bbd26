// What it takes to talk with an agent and to be led: loaded while the visitor waits.

import { Session } from "@isession/peer";
import { conversation, type LeadPolicy } from "@isession/protocol";
import { Cards, cardView, copyButton, Ladder, Leading, type Making } from "@isession/visitor";

export { copyButton };

const cards = new Cards();
const ladder = new Ladder({
  opener: () => window.opener as Window | null,
  open: (url, name) => window.open(url, name),
});

export const newSession = (options: Making): Session =>
  new Session({ ...options, decoders: conversation });

export function lead(session: Session, policy: LeadPolicy): Leading {
  const leading = new Leading(session, policy, ladder, cards);
  cardView(leading, document.body);
  return leading;
}
