// That the agent may lead without asking, for as long as the visitor leaves it so: shown over the page
// whether the panel is or not, with the control that ends it. Escape ends it too, whatever the page
// does with its keys: what asks each time can wait for a page that uses them, what does not ask cannot.

import { button, h, tell } from "@isession/visitor";
import type { PageVisit } from "./page_visit";

export interface LeaveView {
  close(): void;
}

export function leaveView(visit: PageVisit, root: ShadowRoot): LeaveView {
  const told = h("p", { role: "status", "aria-label": "Leading" });
  const ask = () => visit.session?.consent("ask");
  const again = button("Ask me each time", ask, { class: "quiet" });
  const bar = h("div", { class: "shown leave" }, told, again);
  const end = new AbortController();
  const isLeft = () => {
    const view = visit.session?.view.get();
    return !visit.isClosed && view?.ended === false && view.consent === "allow";
  };
  const show = () => {
    const stage = visit.stage.get();
    const agent = stage.kind === "talking" ? stage.agent : "The agent";
    bar.hidden = !isLeft();
    tell(told, bar.hidden ? "" : `${agent} may lead you without asking.`);
  };
  const key = (event: KeyboardEvent) => {
    const asked = root.querySelector("dialog[open]");
    if (event.key === "Escape" && !event.repeat && !event.isComposing && !asked && isLeft()) {
      visit.session?.consent("stop");
    }
  };
  addEventListener("keydown", key, { capture: true, signal: end.signal });
  const unsubscribe = [visit.changed.subscribe(show), visit.stage.subscribe(show)];
  root.append(bar);
  show();
  return {
    close() {
      end.abort();
      for (const leave of unsubscribe) {
        leave();
      }
      bar.remove();
    },
  };
}
