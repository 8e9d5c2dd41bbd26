// The launcher: a help button in the corner of a site's page. It is a plain link to the
// companion, drawn in a shadow root by means that any content security policy allows.

import { availabilityOf, companionAddress } from "./address";
import { STYLE } from "./style";

const script = document.currentScript as HTMLScriptElement | null;
const node = script ? new URL(script.src).origin : location.origin;
const { site = "", label = "Talk to us", position = "right", department } = script?.dataset ?? {};
const TARGET = "isession";
/** A companion that lives says so in this time; whatever else has its name becomes one. */
const ANSWER = 500;
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
      const answer = await fetch(`${node}/v1/sites/${encodeURIComponent(site)}`, {
        credentials: "omit",
      });
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
 * existing window as it is, and a companion says that it is one. False if the browser opened none.
 */
function openCompanion(url: string): boolean {
  const companion = window.open("", TARGET, "popup,width=400,height=640");
  if (!companion) {
    return false;
  }
  if (isFresh(companion)) {
    companion.location.href = url;
  } else {
    seeToIt(companion, url);
  }
  companion.focus();
  return true;
}

/** A window of that name may be another site's, or show an error. */
function seeToIt(companion: Window, url: string): void {
  const { origin, pathname } = new URL(url);
  const asking = new AbortController();
  const timer = setTimeout(() => {
    asking.abort();
    companion.location.href = url;
  }, ANSWER);
  const heard = ({ source, origin: from, data }: MessageEvent) => {
    if (source === companion && from === origin && data === pathname) {
      asking.abort();
      clearTimeout(timer);
    }
  };
  addEventListener("message", heard, { signal: asking.signal });
  // To whatever there is: where a site is helped is no secret.
  companion.postMessage(pathname, "*");
}

function isFresh(companion: Window): boolean {
  try {
    return companion.location.href === "about:blank";
  } catch {
    return false;
  }
}

if (site && "adoptedStyleSheets" in document) {
  if (document.body) {
    draw();
  } else {
    document.addEventListener("DOMContentLoaded", draw);
  }
}
