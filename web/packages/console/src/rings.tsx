import { answer, queue } from "./desk";
import { useHandingOn } from "./focus";
import { useNow } from "./now";
import { nameOf, type Ring } from "./store";
import { duration, shortAddress } from "./words";

/** Everyone who rings here, the most urgent first. */
export function Rings() {
  return (
    <>
      {queue.value.rings.map((ring) => (
        <Incoming ring={ring} key={ring.visitor} />
      ))}
    </>
  );
}

function Incoming({ ring }: { ring: Ring }) {
  const now = useNow();
  const part = useHandingOn<HTMLDivElement>();
  const card = queue.value.waiting.get(ring.visitor)?.card;
  return (
    <div ref={part} class="ring" role="alert" aria-label="Incoming visitor">
      <h2>{nameOf(card)}</h2>
      {card?.details.topic && <p>{card.details.topic}</p>}
      {card?.details.page && (
        <p class="page" title={card.details.page}>
          {shortAddress(card.details.page)}
        </p>
      )}
      {/* Told once with the alert, not every second. */}
      <p class="countdown" aria-hidden="true">
        rings for {duration(ring.until - now)}
      </p>
      <div class="choices">
        <button type="button" class="quiet" onClick={() => answer(ring.visitor, false)}>
          Decline
        </button>
        <button type="button" onClick={() => answer(ring.visitor, true)}>
          Accept
        </button>
      </div>
    </div>
  );
}
