// The launcher: a help button in the corner of a site's page. It is a plain link to the
// companion, drawn in a shadow root by means that any content security policy allows.

const script = document.currentScript as HTMLScriptElement | null;
const NODE = script ? new URL(script.src).origin : location.origin;
const { site, label = "Talk to us", side = "right", department } = script?.dataset ?? {};
const TARGET = "isession";
/** Between looks at whether somebody is there, while the page is seen. */
const REFRESH = 60_000;

const STYLE = `
  :host { all: initial; position: fixed; bottom: 1.25rem; z-index: 2147483000; }
  :host([data-side="right"]) { right: 1.25rem; }
  :host([data-side="left"]) { left: 1.25rem; }
  a {
    display: flex; gap: .6rem; align-items: center; padding: .75rem 1.25rem;
    border: 2px solid #fff; border-radius: 2rem; background: #0b5d52; color: #fff;
    font: 600 1rem/1.3 system-ui, sans-serif; text-decoration: none;
    box-shadow: 0 .25rem 1rem rgb(0 0 0 / 30%);
  }
  a:hover { background: #084840; }
  a:focus-visible { outline: 3px solid #0b5d52; outline-offset: 3px; }
  i { width: .6rem; height: .6rem; border: 2px solid #fff; border-radius: 50%; }
  i.on { background: #7df3c8; border-color: #7df3c8; }
  span span { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
  @media print { :host { display: none; } }
`;

function address(): string {
  const url = new URL(`/go/${site}`, NODE);
  if (department) {
    url.searchParams.set("department", department);
  }
  // In the fragment: it reaches the companion's script and no server's log.
  url.hash = new URLSearchParams({ page: location.href.slice(0, 1500) }).toString();
  return url.href;
}

function draw(): void {
  const host = document.createElement("isession-launcher");
  host.dataset.side = side;
  const root = host.attachShadow({ mode: "closed" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];
  const link = document.createElement("a");
  const light = document.createElement("i");
  const text = document.createElement("span");
  const status = document.createElement("span");
  text.append(label, status);
  link.append(light, text);
  link.target = TARGET;
  link.rel = "opener";
  link.href = address();
  root.append(link);
  document.body.append(host);

  link.addEventListener("click", (event) => {
    link.href = address();
    // In a frame, the companion's opener must be what it leads: a plain link is all there is.
    if (window.top !== window || event.ctrlKey || event.metaKey || event.shiftKey) {
      return;
    }
    event.preventDefault();
    openCompanion(link.href);
  });

  const look = async () => {
    try {
      const answer = await fetch(`${NODE}/v1/sites/${site}`, { credentials: "omit" });
      const { available } = (await answer.json()) as { available?: boolean };
      light.className = available ? "on" : "";
      status.textContent = available ? " (an agent is available)" : " (nobody is available now)";
    } catch {
      // The page's policy forbids it, or the node is away: the button still opens the companion.
    }
  };
  let timer = 0;
  const watch = () => {
    clearInterval(timer);
    if (!document.hidden) {
      void look();
      timer = window.setInterval(look, REFRESH);
    }
  };
  document.addEventListener("visibilitychange", watch);
  watch();
}

/** Opens the companion, or brings the one that is open to the front without reloading it. */
function openCompanion(url: string): void {
  const features = "popup,width=420,height=680";
  const companion = window.open("", TARGET, features);
  if (!companion) {
    return;
  }
  let fresh = true;
  try {
    fresh = companion.location.href === "about:blank";
  } catch {
    // Of another origin: it is the companion.
    fresh = false;
  }
  if (fresh) {
    companion.location.href = url;
  }
  companion.focus();
}

if (site && "adoptedStyleSheets" in document) {
  if (document.body) {
    draw();
  } else {
    document.addEventListener("DOMContentLoaded", draw);
  }
}
