// What the agent is permitted just now: a border round the page with the controls that end it, whether
// the panel is shown or not, and a line for each in the panel.

import { button, h, tell } from "@isession/visitor";
import type { Offered, Permissions } from "./permissions";

const LINES: Record<Offered, { words(agent: string): string; stop: string }> = {
  view: { words: (agent) => `${agent} sees this page.`, stop: "Stop showing" },
  point: { words: (agent) => `${agent} may point at it.`, stop: "Stop pointing" },
  follow: { words: (agent) => `You follow ${agent} over this website.`, stop: "Stop following" },
};
const PAUSED = "Following is paused.";

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
  const again = () => button("Follow again", () => permissions.resume());
  const list = h("ul");
  const lines = h("div", { class: "sharing", role: "group", "aria-label": "Sharing" }, list);
  const told = h("p", { role: "status", "aria-label": "Shown" });
  const onward = again();
  const all = button("", stop, { class: "alarm" });
  const border = h("div", { class: "border" }, h("div", { class: "shown" }, told, onward, all));
  const items = (Object.keys(LINES) as Offered[]).map((permission) => {
    const words = h("span");
    const onward = again();
    const withdraw = () => permissions.withdraw(permission);
    const end = button(LINES[permission].stop, withdraw, { class: "quiet" });
    const item = h("li", {}, words, h("span", { class: "choices" }, onward, end));
    return { permission, words, onward, item };
  });
  const isThere = (permission: Offered) =>
    permissions.holds(permission) || (permission === "follow" && permissions.paused);
  const inWords = (permission: Offered) =>
    permissions.holds(permission) ? LINES[permission].words(agent()) : PAUSED;
  const show = () => {
    const there = items.filter(({ permission }) => isThere(permission));
    for (const { permission, words, onward } of there) {
      tell(words, inWords(permission));
      onward.hidden = permissions.holds(permission);
    }
    const now = there.map(({ item }) => item);
    if (now.length !== list.children.length || now.some((item, n) => item !== list.children[n])) {
      list.replaceChildren(...now);
    }
    const [view, follow] = [isThere("view"), isThere("follow")];
    lines.hidden = border.hidden = !view && !follow;
    border.classList.toggle("seen", view);
    onward.hidden = !permissions.paused;
    const sentences = [view && inWords("view"), follow && inWords("follow")];
    tell(told, sentences.filter(Boolean).join(" "));
    tell(all, view ? (follow ? "Stop all" : "Stop sharing") : "Stop following");
  };
  show();
  return { lines, border, show };
}
