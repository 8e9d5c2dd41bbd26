import { queue } from "./desk";
import { WAITING } from "./focus";
import { useNow } from "./now";
import { inOrder, nameOf, type Waiting } from "./store";
import { duration, shortAddress } from "./words";

/** Rows on screen; beyond it a number says enough. */
const ROWS = 200;

export function WaitingList() {
  const now = useNow();
  const all = inOrder(queue.value);
  const hidden = all.length - ROWS;
  return (
    <section class="waiting">
      <h2 id={WAITING} tabIndex={-1}>
        Waiting visitors <span class="count">{all.length}</span>
      </h2>
      {all.length === 0 && <p class="empty">Nobody waits.</p>}
      <ul aria-label="Waiting visitors">
        {all.slice(0, ROWS).map((waiting) => (
          <Row waiting={waiting} now={now} key={waiting.card.id} />
        ))}
      </ul>
      {hidden > 0 && <p class="empty">and {hidden} more</p>}
    </section>
  );
}

function Row({ waiting, now }: { waiting: Waiting; now: number }) {
  const { card, since } = waiting;
  const { topic, page, department } = card.details;
  const site = queue.value.sites.find(({ id }) => id === card.site)?.name ?? card.site;
  const facts = [site, department].filter(Boolean).join(" · ");
  return (
    <li>
      <strong>{nameOf(card)}</strong>
      <span class="time" role="timer" aria-label="Waited">
        {duration(now - since)}
      </span>
      <span class="facts">{facts}</span>
      {topic && <span class="topic">{topic}</span>}
      {page && (
        <span class="page" title={page}>
          {shortAddress(page)}
        </span>
      )}
    </li>
  );
}
