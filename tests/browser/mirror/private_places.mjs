// Places that are no fields: see private_fields.mjs.

export const ELSEWHERE = [
  // Shadow roots and frames.
  {
    why: "a field in an open shadow root",
    html: () => `<div id="shadow"></div>`,
    before: (c) => {
      document.getElementById("shadow").attachShadow({
        mode: "open",
      }).innerHTML = `<input value="${c}"><textarea>${c}t</textarea><div contenteditable>${c}e</div>`;
    },
  },
  {
    why: "a field in a shadow root that comes later",
    act: (c) => {
      const d = document.createElement("div");
      document.body.append(d);
      d.attachShadow({
        mode: "open",
      }).innerHTML = `<input type="hidden" value="${c}"><input id="s" value="${c}s">`;
      d.shadowRoot.getElementById("s").setAttribute("value", `${c}v`);
    },
  },
  {
    why: "a field in a frame of the same origin",
    html: (c) =>
      `<iframe srcdoc="<input value=${c}><textarea>${c}t</textarea><input type=hidden value=${c}h><p contenteditable>${c}e</p>"></iframe>`,
  },
  {
    why: "text in a frame under a mask",
    html: (c) => `<div data-isession-mask><iframe srcdoc="<p>${c}</p>"></iframe></div>`,
  },
  {
    why: "text in a frame under a mask, with an image that is called as its window is",
    html: (c) =>
      `<div data-isession-mask><iframe srcdoc="<p>${c}</p><img name='defaultView'>"></iframe></div>`,
  },
  {
    why: "text in a form under a mask, with fields that are called as its own methods are",
    html: (c) =>
      `<div data-isession-mask><form><p>${c}</p>${[
        "matches",
        "hasAttribute",
        "getAttribute",
        "parentNode",
      ]
        .map((id) => `<input id="${id}">`)
        .join("")}</form></div>`,
  },
  {
    why: "text in a blocked frame",
    html: (c) => `<div data-isession-block><iframe srcdoc="<p>${c}</p>"></iframe></div>`,
  },
  {
    why: "a frame in a frame",
    html: (c) => `<iframe srcdoc="<iframe srcdoc='<input value=${c}>'></iframe>"></iframe>`,
  },
  {
    why: "a frame that is written to",
    html: () => `<iframe id="written"></iframe>`,
    act: (c) => {
      const d = document.getElementById("written").contentDocument;
      d.body.innerHTML = `<input value="${c}"><p contenteditable>${c}e</p>`;
    },
  },
  {
    why: "a frame's address",
    html: (c) => `<iframe src="/frame.html?token=${c}" name="${c}n" title="${c}t"></iframe>`,
  },
  {
    why: "a frame of another origin",
    html: (c) => `<iframe src="http://127.0.0.1:1/?${c}"></iframe>`,
  },
  {
    why: "a document in design mode",
    html: () => `<iframe id="design"></iframe>`,
    before: (c) => {
      const d = document.getElementById("design").contentDocument;
      d.designMode = "on";
      d.body.textContent = c;
    },
  },
  // Attributes.
  ...[
    "title",
    "placeholder",
    "aria-label",
    "aria-valuetext",
    "aria-description",
    "data-value",
    "data-user",
    "data-theme",
    "aria-current",
    "name",
    "form",
    "accesskey",
    "itemid",
    "content",
    "nonce",
    "data-reactid",
    "cite",
    "datetime",
    "pattern",
    "ping",
    "target",
    "download",
    "integrity",
    "rr_src",
    "rr_dataURL",
    "_csstext",
  ].map((name) => ({
    why: `the attribute ${name}`,
    html: (c) =>
      `<p ${name}="${c}">x</p><input ${name}="${c}i" type="text"><a ${name}="${c}a">x</a>`,
  })),
  {
    why: "the attribute that a framework keeps a value in, when it changes",
    html: () => `<div id="replicated"></div>`,
    act: (c) => {
      const d = document.getElementById("replicated");
      d.dataset.replicatedValue = c;
      d.setAttribute("aria-label", c);
      d.title = c;
    },
  },
  {
    why: "JSON in an attribute",
    html: (c) => `<div data-props='{"email":"${c}"}' data-page="${c}"></div>`,
  },
  { why: "a handler", html: (c) => `<button onclick="go('${c}')">x</button>` },
  {
    why: "a handler that is set later",
    html: () => `<button id="handler">x</button>`,
    act: (c) => document.getElementById("handler").setAttribute("onfocus", `go("${c}")`),
  },
  {
    why: "a javascript: link",
    html: (c) => `<a href="javascript:go('${c}')">x</a><a href=" java&#10;script:go('${c}')">x</a>`,
  },
  { why: "the query of a link", html: (c) => `<a href="/reset?token=${c}&page=2#${c}f">x</a>` },
  {
    why: "the query of a link that changes",
    html: () => `<a id="link">x</a>`,
    act: (c) => {
      document.getElementById("link").href = `/x?k=${c}#${c}`;
    },
  },
  { why: "a user name in a link", html: (c) => `<a href="https://${c}:${c}p@shop.example/">x</a>` },
  {
    why: "a mail link",
    html: (c) =>
      `<a href="mailto:${c}@shop.example?body=${c}">x</a><a href="tel:${c}">x</a><a href="data:text/html,${c}">x</a>`,
  },
  { why: "an image map's link", html: (c) => `<map><area href="/a?${c}" alt="x"></map>` },
  {
    why: "a link in svg",
    html: (c) =>
      `<svg width="5" height="5"><a href="/a?${c}" xlink:href="/b?${c}x"><path d="M0 0"/></a><use href="/sprite.svg?${c}#i"/></svg>`,
  },
  {
    why: "an image of others",
    html: (c) => `<img src="http://127.0.0.1:1/p.gif?u=${c}" srcset="http://127.0.0.1:1/${c} 2x">`,
  },
  {
    why: "an image of others that changes",
    html: () => `<img id="foreign-img">`,
    act: (c) => {
      const i = document.getElementById("foreign-img");
      i.src = `http://127.0.0.1:1/?${c}`;
      i.srcset = `http://127.0.0.1:1/?${c} 2x`;
    },
  },
  {
    why: "a preview of a chosen file",
    html: () => `<img id="preview">`,
    act: (c) => {
      document.getElementById("preview").src = `blob:${location.origin}/${c}`;
    },
  },
  {
    why: "media",
    html: (c) =>
      `<video src="/v.mp4?${c}" poster="http://127.0.0.1:1/?${c}"><source src="/v?${c}"><track src="/t?${c}" label="${c}l"></video><audio src="/a?${c}"></audio>`,
  },
  {
    why: "embedded things",
    html: (c) =>
      `<object data="/o?${c}"><param name="p" value="${c}"></object><embed src="/e?${c}">`,
  },
  {
    why: "a form's address",
    html: (c) => `<form action="/f?${c}"><button formaction="/g?${c}">x</button></form>`,
  },
  {
    why: "the style of others",
    html: (c) =>
      `<style>@import "http://127.0.0.1:1/?${c}i"; .never { background: url(http://127.0.0.1:1/?${c}) } @font-face { font-family: f; src: url('http://127.0.0.1:1/?${c}f') }</style>`,
  },
  {
    why: "style that comes later",
    act: (c) => {
      const s = document.createElement("style");
      s.textContent = `.never2 { background-image: url("http://127.0.0.1:1/?${c}") }`;
      document.head.append(s);
      s.sheet.insertRule(`.never3 { background: url(http://127.0.0.1:1/?${c}r) }`);
      s.sheet.cssRules[0].style.setProperty("background", `url(http://127.0.0.1:1/?${c}d)`);
    },
  },
  {
    why: "a style sheet that a script made",
    act: (c) => {
      const s = new CSSStyleSheet();
      s.replaceSync(`.never4 { background: url(http://127.0.0.1:1/?${c}) }`);
      document.adoptedStyleSheets = [...document.adoptedStyleSheets, s];
      s.insertRule(`.never5 { background: url(http://127.0.0.1:1/?${c}r) }`);
    },
  },
  {
    why: "text in an element's style",
    html: (c) =>
      `<p style="--label: '${c}'; content: '${c}c'; background: url(http://127.0.0.1:1/?${c})">x</p>`,
  },
  { why: "the style of a field", html: (c) => `<input type="range" style="--value:${c}">` },
  {
    why: "an element's style that changes",
    html: () => `<p id="style-change" style="color: red">x</p>`,
    act: (c) => {
      const s = document.getElementById("style-change").style;
      s.setProperty("--label", `"${c}"`);
      s.backgroundImage = `url(http://127.0.0.1:1/?${c})`;
    },
  },
  // Elements that hold data.
  {
    why: "a script's text",
    html: (c) =>
      `<script type="application/json">{"user":"${c}"}</script><script>window.never = "${c}s"</script>`,
  },
  {
    why: "a script that is added",
    act: (c) => {
      const s = document.createElement("script");
      s.type = "application/json";
      s.textContent = c;
      s.dataset.x = c;
      document.body.append(s);
      s.firstChild.data = `${c}n`;
    },
  },
  {
    why: "noscript and template",
    html: (c) => `<noscript><img src="/p?${c}">${c}n</noscript><template><p>${c}t</p></template>`,
  },
  {
    why: "a comment",
    html: (c) => `<!-- ${c} -->`,
    act: (c) => document.body.append(document.createComment(`${c}l`)),
  },
  {
    why: "meta data",
    head: (c) =>
      `<meta name="csrf-token" content="${c}"><meta property="og:x" content="${c}o"><meta name="user" content="${c}u"><link rel="next" href="/n?${c}"><link rel="preload" as="image" href="/p?${c}"><link rel="canonical" href="/c?${c}">`,
  },
  {
    why: "meta data that comes later",
    act: (c) => {
      const m = document.createElement("meta");
      m.name = "x-token";
      m.content = c;
      document.head.append(m);
      m.content = `${c}m`;
    },
  },
  {
    why: "an unknown attribute of svg",
    html: (c) =>
      `<svg width="5" height="5"><path d="M0 0" sodipodi="${c}" inkscape:label="${c}"/></svg>`,
  },
  { why: "the address of the page", act: (c) => history.pushState({}, "", `?session=${c}#${c}`) },
];
