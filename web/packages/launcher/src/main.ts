// The launcher: a help button in the corner of a site's page. It is a plain link to the
// companion, drawn in a shadow root by means that any content security policy allows.

import { availabilityAddress, availabilityOf, companionAddress } from "./address";
import { STYLE } from "./style";

const script = document.currentScript as HTMLScriptElement | null;
const node = script ? new URL(script.src).origin : location.origin;
const { site = "", label = "Talk to us", position = "right", department } = script?.dataset ?? {};
const TARGET = "isession";
/** Between looks at whether somebody is there, while the page is seen. */
const REFRESH = 60_000;

function draw(): void {
  const host = document.createElement("isession-launcher");
  host.dataset.position = position;
  // People who go from landmark to landmark find it too.
  host.setAttribute("role", "complementary");
  host.setAttribute("aria-label", "Help");
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];
  const link = document.createElement("a");
  const light = document.createElement("i");
  const text = document.createElement("span");
  const status = document.createElement("small");
  text.append(label, status);
  link.append(light, text);
  link.target = TARGET;
  link.rel = "opener";
  const aim = () => {
    link.href = companionAddress({ node, site, department }, location.href);
  };
  aim();
  root.append(link);
  document.body.append(host);

  link.addEventListener("click", (event) => {
    // The page may have changed its address since.
    aim();
    // In a frame a plain link is all there is; with a key held, the visitor chose the window.
    const plain = window.top !== window || event.ctrlKey || event.metaKey || event.shiftKey;
    if (!plain && openCompanion(link.href)) {
      event.preventDefault();
    }
  });
  watch((available) => {
    light.className = available === null ? "" : String(available);
    status.textContent =
      available === null ? "" : available ? "An agent is available" : "Nobody is available now";
  });
}

/** Asks the node whether somebody is there, now and again while the page is seen. */
function watch(tell: (available: boolean | null) => void): void {
  const look = async () => {
    try {
      const address = availabilityAddress({ node, site, department });
      const answer = await fetch(address, { credentials: "omit" });
      tell(answer.ok ? availabilityOf(await answer.json()) : null);
    } catch {
      // The page's policy forbids it, or the node is away: the button opens the companion anyway.
      tell(null);
    }
  };
  let timer = 0;
  const begin = () => {
    clearInterval(timer);
    if (!document.hidden) {
      void look();
      timer = window.setInterval(look, REFRESH);
    }
  };
  document.addEventListener("visibilitychange", begin);
  begin();
}

/**
 * Opens the companion, or brings the one that is open to the front: an empty address gives an
 * existing window as it is. False if the browser opened none.
 */
function openCompanion(url: string): boolean {
  const companion = window.open("", TARGET, "popup,width=400,height=640");
  if (!companion) {
    return false;
  }
  let fresh = false;
  try {
    fresh = companion.location.href === "about:blank";
  } catch {
    // Of another origin: it is the companion.
  }
  if (fresh) {
    companion.location.href = url;
  }
  companion.focus();
  return true;
}

if (site && "adoptedStyleSheets" in document) {
  if (document.body) {
    draw();
  } else {
    document.addEventListener("DOMContentLoaded", draw);
  }
}
