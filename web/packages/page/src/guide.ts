// The agent's own tab on the site: tells the console where it is, and the agent who follows. Loaded only in
// the window that a console opened for it. What is told goes to the node's origin and to nobody else.

import { GUIDE, type Told } from "@isession/peer";
import type { Point } from "@isession/protocol";
import { h, tell } from "@isession/visitor";
import STYLE from "./guide.css?inline";
import { sheetOf } from "./sheet";

export interface GuideOptions {
  node: string;
  site: string;
}

const WORDS: Partial<Record<Told["standing"], string>> = {
  asked: "The visitor has not answered yet.",
  granted: "The visitor follows you in this tab.",
  paused: "The visitor went on alone. Following is paused.",
};
const NOBODY = "Nobody follows you in this tab.";
const CUT_OFF =
  "This tab has lost its console: nobody follows you here. Open it again from the console.";

/** Without the Navigation API, `pushState` tells nobody: then the address is looked at so often. */
const LOOK = 500;

export function guide({ node, site }: GuideOptions): void {
  // The frame of the console that opened this tab.
  const console: Window | null = window.opener;
  const status = h("p", { role: "status", "aria-label": "Following" });
  const host = document.createElement("isession-guide");
  const root = host.attachShadow({ mode: "closed" });
  root.adoptedStyleSheets = [sheetOf(host, STYLE)];
  root.append(status);
  document.body.append(host);
  tell(status, console ? NOBODY : CUT_OFF);

  let told = "";
  let waits = false;
  const report = (again = false) => {
    waits = false;
    const { scrollWidth, scrollHeight, clientWidth, clientHeight } =
      document.scrollingElement ?? document.documentElement;
    const at: Point = { x: Math.round(scrollX), y: Math.round(scrollY) };
    const of: Point = { x: scrollWidth - clientWidth, y: scrollHeight - clientHeight };
    const words = JSON.stringify([location.href, at, of]);
    if (again || words !== told) {
      told = words;
      console?.postMessage({ isession: "guide", site, url: location.href, at, of }, node);
    }
  };
  const soon = () => {
    if (!waits) {
      waits = true;
      requestAnimationFrame(() => report());
    }
  };
  addEventListener("message", ({ origin, data }) => {
    if (origin === node && data?.isession === "following") {
      tell(status, WORDS[(data as Told).standing] ?? NOBODY);
      remember();
    }
  });
  addEventListener("scroll", soon, { passive: true });
  addEventListener("resize", soon);
  addEventListener("popstate", soon);
  addEventListener("pageshow", () => report(true));
  if (globalThis.navigation) {
    globalThis.navigation.addEventListener("currententrychange", soon);
  } else {
    setInterval(report, LOOK);
  }
  report(true);
}

/** This is a console's tab, also where an opener policy takes its name. */
function remember(): void {
  try {
    sessionStorage.setItem(GUIDE, "");
  } catch {
    // Without storage the window's name has to do.
  }
}
