// The consent card: where to, in full, and the visitor's own click.

import { button, h } from "./dom";
import { type Card, type Leading, STAGE } from "./leading";

/** A click that was meant for what was there before must not answer. */
const SETTLE = 400;

/** Keeps one dialog in step with the lead that waits. */
export function cardView(leading: Leading, host: ParentNode): void {
  let dialog: HTMLDialogElement | null = null;
  const show = () => {
    // Closing gives the focus back to where it was.
    dialog?.close();
    dialog?.remove();
    dialog = null;
    const card = leading.card.get();
    if (!card) {
      return;
    }
    dialog = card.linkOnly ? linkDialog(leading, card) : askDialog(leading, card);
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      leading.stay();
    });
    host.append(dialog);
    dialog.showModal();
    // Not on a button: somebody in the middle of a word must not answer by accident.
    dialog.querySelector("h2")?.focus();
  };
  leading.card.subscribe(show);
  show();
}

function frame(title: string, card: Card, ...rest: HTMLElement[]): HTMLDialogElement {
  return h(
    "dialog",
    { "aria-labelledby": "card-title", "aria-describedby": "card-address" },
    h("h2", { id: "card-title", tabindex: "-1" }, title),
    h("p", { id: "card-address", class: "address", tabindex: "0" }, card.url.href),
    ...rest,
  );
}

function askDialog(leading: Leading, card: Card): HTMLDialogElement {
  const allow = h("input", { type: "checkbox" });
  const go = button("Go", () => leading.go(allow.checked), { disabled: true });
  setTimeout(() => go.removeAttribute("disabled"), SETTLE);
  return frame(
    `Go to ${card.host}?`,
    card,
    h("label", { class: "allow" }, allow, h("span", {}, "Allow for this session")),
    h(
      "div",
      { class: "choices" },
      button("Stay here", () => leading.stay(), { class: "quiet" }),
      go,
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
      // After the browser has followed it: the answer takes the dialog away.
      onclick: () => setTimeout(() => leading.linkClicked()),
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
