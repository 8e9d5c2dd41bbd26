// The button in the corner of a site's page, in a shadow root and by means that any content
// security policy allows, and the light on it that tells whether somebody is there.

import { availabilityAddress, availabilityOf, type Embed } from "./address";
import { STYLE } from "./style";

/** Between looks at whether somebody is there, while the page is seen. */
const REFRESH = 60_000;

export interface Corner {
  host: HTMLElement;
  root: ShadowRoot;
}

/** Puts the button into the page. */
export function drawCorner(
  { name, position, mode }: { name: string; position: string; mode: ShadowRootMode },
  button: HTMLElement,
  label: string,
  watched: Embed,
): Corner {
  const host = document.createElement(name);
  host.dataset.position = position;
  // People who go from landmark to landmark find it too.
  host.setAttribute("role", "complementary");
  host.setAttribute("aria-label", "Help");
  const root = host.attachShadow({ mode });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];
  const light = document.createElement("i");
  const text = document.createElement("span");
  const status = document.createElement("small");
  text.append(label, status);
  button.append(light, text);
  button.className = "corner";
  root.append(button);
  document.body.append(host);
  watch(watched, (available) => {
    // Shown once it is known how wide it is: nothing moves in front of a reader's eyes.
    button.dataset.known = "";
    light.className = available === null ? "" : String(available);
    status.textContent =
      available === null ? "" : available ? "An agent is available" : "Nobody is available now";
  });
  return { host, root };
}

/** Runs once there is a body to draw into, if this browser can draw at all. */
export function whenReady(draw: () => void): void {
  if ("adoptedStyleSheets" in document) {
    if (document.body) {
      draw();
    } else {
      document.addEventListener("DOMContentLoaded", draw);
    }
  }
}

/** Asks the node whether somebody is there, now and again while the page is seen. */
function watch(watched: Embed, tell: (available: boolean | null) => void): void {
  const look = async () => {
    try {
      const answer = await fetch(availabilityAddress(watched), { credentials: "omit" });
      tell(answer.ok ? availabilityOf(await answer.json()) : null);
    } catch {
      // The page's policy forbids it, or the node is away: the button works all the same.
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
