// The conversation, before and after somebody is there.

import { type Line, linkify, TooLong, TranscriptFull } from "@isession/peer";
import { button, h, tell } from "./dom";
import { lengthInWords } from "./text";
import type { Visit } from "./visit";
import { failureInWords } from "./words";

const GLYPHS = { waiting: "◷", sent: "✓", delivered: "✓✓" };
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

/** Says what lines mean that only pages have. */
export type PageWords = (line: Line) => string;

export function talkView(visit: Visit, pageWords: PageWords): HTMLElement {
  const list = h("ol");
  const log = h("div", { role: "log", "aria-label": "Conversation", tabindex: "0" }, list);
  const typing = h("p", { class: "typing", role: "status", "aria-label": "Typing" });
  const problem = h("p", { class: "problem", role: "alert" });
  const length = h("p", { class: "length", role: "status", "aria-label": "Length" });
  const box = h("textarea", {
    "aria-label": "Message",
    rows: "2",
    placeholder: "Write a message",
    // Browsers write what is typed into their files, to restore the page.
    autocomplete: "off",
  });
  const shown = new Map<string, HTMLElement>();

  const send = () => {
    const text = box.value.trim();
    if (text === "") {
      return;
    }
    try {
      visit.say(text);
      box.value = "";
      tell(problem, "");
      tell(length, "");
    } catch (error) {
      if (error instanceof TooLong) {
        tell(problem, lengthInWords(text));
      } else if (error instanceof TranscriptFull) {
        tell(problem, "This conversation is full. Please start a new one.");
      } else {
        throw error;
      }
    }
    box.focus();
  };
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      send();
    }
  });
  box.addEventListener("input", () => {
    visit.session?.typing(box.value !== "");
    tell(problem, "");
    tell(length, lengthInWords(box.value));
  });

  // The newest line stays in sight, unless somebody scrolled up to read.
  let follows = true;
  const toEnd = () => {
    if (follows) {
      log.scrollTop = log.scrollHeight;
    }
  };
  log.addEventListener("scroll", () => {
    follows = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  });
  new ResizeObserver(toEnd).observe(log);

  let transcript = visit.transcript;
  const show = () => {
    if (transcript !== visit.transcript) {
      transcript = visit.transcript;
      shown.clear();
      list.replaceChildren();
    }
    const view = visit.session?.view.get();
    const lines = view?.lines ?? visit.transcript.lines(false);
    for (const line of lines) {
      const key = `${line.mine} ${line.id.epoch} ${line.id.seq}`;
      const item =
        shown.get(key) ?? h("li", { class: `${line.kind} ${line.mine ? "mine" : "theirs"}` });
      if (!shown.has(key)) {
        shown.set(key, item);
        item.append(...content(line, pageWords));
        list.append(item);
      }
      update(item, line);
    }
    toEnd();
    const stage = visit.stage.get();
    const agent = stage.kind === "talking" ? stage.agent : "";
    tell(typing, view?.typing ? `${agent} is writing …` : "");
    typing.hidden = stage.kind === "over";
  };
  visit.changed.subscribe(show);
  show();

  return h(
    "section",
    { class: "talk", "aria-label": "Talk" },
    log,
    typing,
    problem,
    length,
    h("div", { class: "write" }, box, button("Send", send)),
  );
}

function content(line: Line, pageWords: PageWords): HTMLElement[] {
  const time = h("time", { datetime: new Date(line.at).toISOString() }, clock.format(line.at));
  // Read with its line, but not aloud again at each change.
  const state = h("span", { class: "state", "aria-live": "off" });
  return [h("p", {}, ...words(line, pageWords)), h("small", {}, time, " ", state)];
}

function words(line: Line, pageWords: PageWords): (string | HTMLElement)[] {
  switch (line.kind) {
    case "message":
      return linkify(line.text).map((piece) =>
        typeof piece === "string"
          ? piece
          : h("a", { href: piece.href, target: "_blank", rel: "noopener noreferrer" }, piece.text),
      );
    case "lead":
      return [`Asked to lead you to ${line.url}`];
    case "consent":
      return [CONSENT[line.consent] ?? ""];
    default:
      return [pageWords(line)];
  }
}

const CONSENT: Record<string, string> = {
  ask: "You are asked before each lead.",
  allow: "You allowed leads for this session.",
  stop: "You stopped leading.",
};

function update(item: HTMLElement, line: Line): void {
  const state = item.querySelector<HTMLElement>(".state");
  if (!state) {
    return;
  }
  if (line.kind === "message" && line.mine) {
    if (state.dataset.state !== line.state) {
      state.dataset.state = line.state;
      const glyph = h("span", { "aria-hidden": "true" }, GLYPHS[line.state]);
      state.replaceChildren(glyph, h("span", { class: "unseen" }, line.state));
    }
  } else if ("landing" in line) {
    tell(state, failureInWords(line.landing));
  }
}
