import { queue } from "./desk";
import { useHandingOn } from "./focus";
import { useNow } from "./now";
import { dismiss, type Notice, news } from "./store";

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

/** News of the queue: told once, and gone when it is read or old. */
export function Notices() {
  const now = useNow();
  return (
    <section aria-label="News">
      <ul class="notices" aria-live="polite">
        {news(queue.value, now).map((notice) => (
          <Row notice={notice} key={notice.id} />
        ))}
      </ul>
    </section>
  );
}

function Row({ notice: { id, text, at } }: { notice: Notice }) {
  const part = useHandingOn<HTMLLIElement>();
  return (
    <li ref={part}>
      <time dateTime={new Date(at).toISOString()}>{clock.format(at)}</time>
      <span>{text}</span>
      <button
        type="button"
        class="quiet"
        aria-label={`Dismiss: ${text}`}
        onClick={() => {
          queue.value = dismiss(queue.value, id);
        }}
      >
        ×
      </button>
    </li>
  );
}
