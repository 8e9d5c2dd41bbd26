// The page script: a button in the corner of a site's page, and nothing more until the visitor
// clicks it, or comes from a page of this site with a visit under way. Then it loads the panel.

import { companionAddress, drawCorner, openCompanion, whenReady } from "@isession/launcher";
import { GUIDE } from "@isession/peer";
import type { GuideOptions } from "./guide";
import type { Panel, PanelOptions } from "./panel";

/** The panel's place at the node, named by its content; the build fills it in. */
declare const PANEL: string;
/** The same of what the agent's own tab needs. */
declare const GUIDE_PART: string;

const script = document.currentScript as HTMLScriptElement | null;
const node = script ? new URL(script.src).origin : location.origin;
const { site = "", label = "Talk to us", position = "right", department } = script?.dataset ?? {};

function draw(): void {
  const button = document.createElement("button");
  button.type = "button";
  const mode = "closed";
  const corner = drawCorner({ name: "isession-panel", position, mode }, button, label, {
    node,
    site,
    department,
  });
  let panel: Promise<Panel> | null = null;
  const load = () => {
    panel ??= import(/* @vite-ignore */ node + PANEL).then(
      ({ open }: { open(options: PanelOptions): Panel }) =>
        open({ ...corner, button, node, site, department, label }),
    );
    return panel;
  };
  button.addEventListener("click", () => {
    button.ariaBusy = "true";
    load()
      .then((panel) => panel.show())
      .catch(() => {
        // The page's policy forbids the panel, or the network failed: another click tries again.
        panel = null;
        openCompanion(companionAddress({ node, site, department }, location.href));
      })
      .finally(() => {
        button.ariaBusy = null;
      });
  });
  if (underWay()) {
    load().catch(() => {
      panel = null;
    });
  }
}

/** The agent goes ahead in this tab: nobody is helped here. */
function lead(): void {
  import(/* @vite-ignore */ node + GUIDE_PART).then(
    ({ guide }: { guide(options: GuideOptions): void }) => guide({ node, site }),
    // The page's policy forbids it: the console hears nothing of this page.
    () => {},
  );
}

/**
 * A console opened this tab. Anybody may open one under that name, which counts for as long as they are
 * there; what a console has told the tab of counts also where an opener policy has cut it off.
 */
function isGuide(): boolean {
  try {
    const named = window.name === GUIDE && window.opener !== null;
    return named || sessionStorage.getItem(GUIDE) !== null;
  } catch {
    return false;
  }
}

/** A visit was begun in this browser, and may go on: the panel knows. */
function underWay(): boolean {
  try {
    return localStorage.getItem(`isession:visit:${site}`) !== null;
  } catch {
    return false;
  }
}

// In a frame there is no page to help with.
if (site && window.top === window) {
  whenReady(isGuide() ? lead : draw);
}
