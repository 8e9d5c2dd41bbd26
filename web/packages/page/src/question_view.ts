// What the agent asks to be allowed, in plain words, and the visitor's own click.

import { button, h } from "@isession/visitor";
import type { Offered, Permissions } from "./permissions";

/** A click that was meant for what was there before must not answer. */
const SETTLE = 400;

interface Words {
  title(agent: string): string;
  meaning: string;
}

const WORDS: Record<Offered, Words> = {
  view: {
    title: (agent) => `Let ${agent} see this page?`,
    meaning:
      "They see the pages of this website that you look at, and where you point and click. What you type stays hidden. You can stop at any time, with the Escape key too.",
  },
  point: {
    title: (agent) => `Let ${agent} point at things on this page?`,
    meaning:
      "They can show you where to look, and draw over the page. They cannot click, type or change anything. You can stop at any time, with the Escape key too.",
  },
  follow: {
    title: (agent) => `Follow ${agent} over this website?`,
    meaning:
      "When they open another page of this website, or scroll, your page goes along. Nothing is pressed or filled in for you. As soon as you scroll, click or type in the page yourself, it waits. You can stop at any time, with the Escape key too.",
  },
};

/** Keeps one dialog in step with the question that waits. */
export function questionView(
  permissions: Permissions,
  agent: () => string,
  host: ParentNode,
): void {
  let dialog: HTMLDialogElement | null = null;
  const show = () => {
    // Closing gives the focus back to where it was.
    dialog?.close();
    dialog?.remove();
    dialog = null;
    const question = permissions.question.get();
    if (question) {
      dialog = ask(WORDS[question], agent(), (yes) => permissions.answer(yes));
      host.append(dialog);
      dialog.showModal();
      // Not on a button: somebody in the middle of a word must not answer by accident.
      dialog.querySelector("h2")?.focus();
    }
  };
  permissions.question.subscribe(show);
  show();
}

function ask(
  { title, meaning }: Words,
  agent: string,
  answer: (yes: boolean) => void,
): HTMLDialogElement {
  const allow = button("Allow", () => answer(true), { disabled: true });
  setTimeout(() => allow.removeAttribute("disabled"), SETTLE);
  return h(
    "dialog",
    {
      "aria-labelledby": "question-title",
      "aria-describedby": "question-meaning",
      oncancel: (event) => {
        event.preventDefault();
        answer(false);
      },
      onkeydown: (event) => {
        // It answers this question, and stops nothing else.
        if ((event as KeyboardEvent).key === "Escape") {
          event.preventDefault();
          answer(false);
        }
      },
    },
    h("h2", { id: "question-title", tabindex: "-1" }, title(agent)),
    h("p", { id: "question-meaning" }, meaning),
    h(
      "div",
      { class: "choices" },
      button("Not now", () => answer(false), { class: "quiet" }),
      allow,
    ),
  );
}
