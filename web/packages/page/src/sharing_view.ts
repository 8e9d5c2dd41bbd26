// What the agent is permitted just now: a border round the page with the one control that ends all of
// it, whether the panel is shown or not, and a line for each in the panel.

import { button, h, tell } from "@isession/visitor";
import type { Offered, Permissions } from "./permissions";

const LINES: Record<Offered, { words(agent: string): string; stop: string }> = {
  view: { words: (agent) => `${agent} sees this page.`, stop: "Stop showing" },
  point: { words: (agent) => `${agent} may point at it.`, stop: "Stop pointing" },
};

export interface SharingView {
  /** For the panel. */
  lines: HTMLElement;
  /** Round the page. */
  border: HTMLElement;
  show(): void;
}

export function sharingView(
  permissions: Permissions,
  agent: () => string,
  stop: () => void,
): SharingView {
  const list = h("ul");
  const lines = h("div", { class: "sharing", role: "group", "aria-label": "Sharing" }, list);
  const told = h("p", { role: "status", "aria-label": "Shown" });
  const all = h("div", { class: "shown" }, told, button("Stop sharing", stop, { class: "alarm" }));
  const border = h("div", { class: "border" }, all);
  const items = (Object.keys(LINES) as Offered[]).map((permission) => {
    const words = h("span");
    const withdraw = () => permissions.withdraw(permission);
    const item = h("li", {}, words, button(LINES[permission].stop, withdraw, { class: "quiet" }));
    return { permission, words, item };
  });
  const show = () => {
    const held = items.filter(({ permission }) => permissions.holds(permission));
    for (const { permission, words } of held) {
      tell(words, LINES[permission].words(agent()));
    }
    const now = held.map(({ item }) => item);
    if (now.length !== list.children.length || now.some((item, n) => item !== list.children[n])) {
      list.replaceChildren(...now);
    }
    lines.hidden = border.hidden = held.length === 0;
    tell(told, held.length > 0 ? LINES.view.words(agent()) : "");
  };
  show();
  return { lines, border, show };
}
