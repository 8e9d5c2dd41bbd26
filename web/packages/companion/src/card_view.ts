// The consent card: where to, in full, and the visitor's own click.

import { button, h } from "./dom";
import { type Card, type Leading, STAGE } from "./leading";

/** Keeps one dialog in step with the lead that waits. */
export function cardView(leading: Leading, host: HTMLElement): void {
  let dialog: HTMLDialogElement | null = null;
  const show = () => {
    const before = document.activeElement;
    dialog?.close();
    dialog?.remove();
    const card = leading.card.get();
    if (!card) {
      const box = dialog ? host.querySelector<HTMLElement>("textarea") : null;
      dialog = null;
      box?.focus();
      return;
    }
    dialog = card.linkOnly ? linkDialog(leading, card) : askDialog(leading, card);
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      leading.stay();
    });
    host.append(dialog);
    dialog.showModal();
    // Somebody in the middle of a word must not answer by accident.
    if (before instanceof HTMLTextAreaElement) {
      dialog.querySelector<HTMLElement>("h2")?.focus();
    }
  };
  leading.card.subscribe(show);
  show();
}

function frame(title: string, card: Card, ...rest: HTMLElement[]): HTMLDialogElement {
  return h(
    "dialog",
    { "aria-labelledby": "card-title", "aria-describedby": "card-address" },
    h("h2", { id: "card-title", tabindex: "-1" }, title),
    h("p", { id: "card-address", class: "address" }, card.url.href),
    ...rest,
  );
}

function askDialog(leading: Leading, card: Card): HTMLDialogElement {
  const allow = h("input", { type: "checkbox" });
  return frame(
    `Go to ${card.host}?`,
    card,
    h("label", { class: "allow" }, allow, h("span", {}, "Allow for this session")),
    h(
      "div",
      { class: "choices" },
      button("Stay here", () => leading.stay(), { class: "quiet" }),
      button("Go", () => leading.go(allow.checked)),
    ),
  );
}

function linkDialog(leading: Leading, card: Card): HTMLDialogElement {
  const link = h(
    "a",
    {
      href: card.url.href,
      target: STAGE,
      rel: "opener",
      class: "button",
      onclick: () => leading.linkClicked(),
    },
    `Open ${card.host}`,
  );
  return frame(
    `Open ${card.host}?`,
    card,
    h("p", {}, "Your browser did not open a window by itself. This link does."),
    h(
      "div",
      { class: "choices" },
      button("Stay here", () => leading.stay(), { class: "quiet" }),
      link,
    ),
  );
}
