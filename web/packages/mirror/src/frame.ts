// The frame in which a visitor's page is shown, in three shells:
//
// 1. `/mirror/SITE` at the node, whose policy names all that may be loaded. It runs this script
//    only, and hands the console's port on.
// 2. a `data:` document, which has an origin of nobody else's: from here the console, its cookie
//    and its storage are out of reach. It inherits the policy, runs this script, and replays.
// 3. rrweb's own frame, which shares the origin of 2 so that it can be built from there, and whose
//    sandbox runs no script at all.

import { Screen } from "./screen";

const STYLE = `
  html, body { margin: 0; height: 100%; overflow: hidden; background: #8a94a0 }
  .replayer-wrapper { position: absolute; inset: 0 auto auto 0; transform-origin: 0 0 }
  .replayer-wrapper iframe { display: block; border: 0; background: #fff }
  .replayer-mouse { display: none }
  .over { position: absolute; inset: 0; overflow: hidden; pointer-events: none; z-index: 1 }
  .pointer {
    position: absolute; inset: 0 auto auto 0; width: 22px; height: 22px; margin: -2px 0 0 -2px;
    pointer-events: none; z-index: 1;
    background: no-repeat url("data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 22 22'%3E%3Cpath d='M2 2l6 17 3-7 7-3z' fill='%230b5d52' stroke='white' stroke-width='1.5'/%3E%3C/svg%3E");
  }
`;

if (location.protocol === "data:") {
  const taken = new AbortController();
  const take = ({ source, data, ports }: MessageEvent) => {
    const [port] = ports;
    if (source === parent && data === "mirror" && port) {
      taken.abort();
      new Screen(port, document.body).start();
    }
  };
  addEventListener("message", take, { signal: taken.signal });
  parent.postMessage("mirror", "*");
} else {
  handOn();
}

function handOn(): void {
  const frame = document.createElement("iframe");
  frame.title = document.title;
  const policy = "frame-src 'none'; child-src 'none'; connect-src 'none'; object-src 'none'";
  const script = `<script type="module" crossorigin src="${import.meta.url}"></script>`;
  const html = `<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}"><title>Mirror</title><style>${STYLE}</style><body>${script}</body></html>`;
  frame.src = `data:text/html;charset=utf-8,${encodeURIComponent(html)}`;
  let port: MessagePort | null = null;
  let ready = false;
  const pass = (): void => {
    if (port && ready) {
      frame.contentWindow?.postMessage("mirror", "*", [port]);
      port = null;
    }
  };
  addEventListener("message", ({ source, origin, data, ports }) => {
    if (source === frame.contentWindow && data === "mirror") {
      ready = true;
    } else if (source === parent && origin === location.origin && data === "mirror") {
      port ??= ports[0] ?? null;
    }
    pass();
  });
  document.body.append(frame);
  parent.postMessage("mirror", location.origin);
}
