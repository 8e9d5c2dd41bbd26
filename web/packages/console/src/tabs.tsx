import type { LinkId } from "@isession/protocol";
import { allTalks, current, show, type Talk, unread, viewOf } from "./desk";
import { nameOf } from "./store";

/** The sessions side by side. Arrow keys move between them (WAI-ARIA tabs pattern). */
export function Tabs() {
  const talks = allTalks();
  const move = (event: KeyboardEvent) => {
    const index = talks.findIndex((talk) => talk.link === current.value);
    const target = {
      ArrowRight: talks[(index + 1) % talks.length],
      ArrowLeft: talks[(index - 1 + talks.length) % talks.length],
      Home: talks[0],
      End: talks.at(-1),
    }[event.key];
    if (target) {
      event.preventDefault();
      show(target.link);
      document.getElementById(tabId(target.link))?.focus();
    }
  };
  return (
    <div role="tablist" aria-label="Sessions" onKeyDown={move} hidden={talks.length === 0}>
      {talks.map((talk) => (
        <Tab talk={talk} key={talk.link} />
      ))}
    </div>
  );
}

export const tabId = (link: LinkId): string => `tab-${link}`;
export const panelId = (link: LinkId): string => `panel-${link}`;

function Tab({ talk }: { talk: Talk }) {
  const selected = talk.link === current.value;
  const count = unread.value.get(talk.link) ?? 0;
  const { connection } = viewOf(talk);
  const state = talk.ended ? "ended" : connection;
  return (
    <button
      type="button"
      role="tab"
      id={tabId(talk.link)}
      aria-selected={selected}
      aria-controls={selected ? panelId(talk.link) : undefined}
      tabIndex={selected ? 0 : -1}
      onClick={() => show(talk.link)}
    >
      <i class="dot" data-state={state} aria-hidden="true" />
      {nameOf(talk.visitor)}
      {count > 0 && (
        <span class="unread">
          {count}
          <span class="unseen"> unread</span>
        </span>
      )}
    </button>
  );
}
