// What the panel shows while the companion holds the session.

import type { Readable } from "@isession/peer";
import { button, h, tell } from "@isession/visitor";

const APART =
  "Your browser keeps that window apart from this page. You find it among your windows, or go on here: what you wrote there is then not shown, but your agent has it.";

export function movedView(
  companion: Readable<WindowProxy | null>,
  here: () => void,
): HTMLElement[] {
  const apart = h("p", {});
  const front = button("Bring it to the front", () => companion.get()?.focus(), {
    class: "quiet",
  });
  const show = () => {
    const known = companion.get() !== null;
    front.disabled = !known;
    tell(apart, known ? "" : APART);
  };
  companion.subscribe(show);
  show();
  return [
    h(
      "div",
      { class: "notice", role: "status", "aria-label": "Visit" },
      h("p", {}, "Your conversation goes on in a window of its own."),
      apart,
    ),
    h(
      "div",
      { class: "choices controls", role: "group", "aria-label": "Session" },
      front,
      button("Go on here", here),
    ),
  ];
}
