// The launcher: a help button in the corner of a site's page. It is a plain link to the companion.

import { companionAddress } from "./address";
import { COMPANION, openCompanion } from "./companion";
import { drawCorner, whenReady } from "./corner";

const script = document.currentScript as HTMLScriptElement | null;
const node = script ? new URL(script.src).origin : location.origin;
const { site = "", label = "Talk to us", position = "right", department } = script?.dataset ?? {};

function draw(): void {
  const link = document.createElement("a");
  link.target = COMPANION;
  link.rel = "opener";
  const aim = () => {
    link.href = companionAddress({ node, site, department }, location.href);
  };
  aim();
  link.addEventListener("click", (event) => {
    // The page may have changed its address since.
    aim();
    // In a frame a plain link is all there is; with a key held, the visitor chose the window.
    const plain = window.top !== window || event.ctrlKey || event.metaKey || event.shiftKey;
    if (!plain && openCompanion(link.href)) {
      event.preventDefault();
    }
  });
  drawCorner({ name: "isession-launcher", position, mode: "open" }, link, label, {
    node,
    site,
    department,
  });
}

if (site) {
  whenReady(draw);
}
