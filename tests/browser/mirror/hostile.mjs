// Pages and events that a hostile visitor could send to be shown at the agent's. `html(c, x)` is a
// page, `events(c, x)` are changes that follow a harmless one; `c` is an address that must never be
// asked for, `x` a script that must never run.

const quoted = (text) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
const element = (id, tagName, attributes = {}, more = {}) => ({
  type: 2,
  id,
  tagName,
  attributes,
  childNodes: [],
  ...more,
});
const text = (id, textContent) => ({ type: 3, id, textContent });
/** A node is added to the harmless page's body, which has the id 4. */
const add = (node, parentId = 4) => ({
  source: 0,
  texts: [],
  attributes: [],
  removes: [],
  adds: [{ parentId, nextId: null, node }],
});
const set = (id, attributes) => ({
  source: 0,
  texts: [],
  attributes: [{ id, attributes }],
  removes: [],
  adds: [],
});

export const HOSTILE = [
  // Scripts.
  { why: "a script", html: (_, x) => `<script>${x}</script>` },
  { why: "a script from elsewhere", html: (c) => `<script src="${c}"></script>` },
  { why: "a module", html: (c) => `<script type="module" src="${c}"></script>` },
  { why: "a script in svg", html: (_, x) => `<svg><script>${x}</script></svg>` },
  { why: "a script from elsewhere in svg", html: (c) => `<svg><script href="${c}"/></svg>` },
  { why: "onerror", html: (_, x) => `<img src="data:," onerror="${quoted(x)}">` },
  { why: "onload of svg", html: (_, x) => `<svg onload="${quoted(x)}"><path d="M0 0"/></svg>` },
  { why: "onfocus with autofocus", html: (_, x) => `<input autofocus onfocus="${quoted(x)}">` },
  {
    why: "onanimationstart",
    html: (_, x) =>
      `<style>@keyframes k{from{opacity:0}}</style><p style="animation:k 1ms" onanimationstart="${quoted(x)}">x</p>`,
  },
  {
    why: "ontoggle",
    html: (_, x) => `<details open ontoggle="${quoted(x)}"><summary>x</summary></details>`,
  },
  {
    why: "onload of body",
    html: (_, x) => ({ body: `onload="${quoted(x)}" onpageshow="${quoted(x)}"` }),
  },
  {
    why: "onload of style and link",
    html: (_, x) => `<style onload="${quoted(x)}">p{color:red}</style>`,
  },
  { why: "a javascript: frame", html: (_, x) => `<iframe src="javascript:${quoted(x)}"></iframe>` },
  { why: "srcdoc", html: (_, x) => `<iframe srcdoc="<script>${quoted(x)}</script>"></iframe>` },
  { why: "srcdoc that fetches", html: (c) => `<iframe srcdoc="<img src='${c}'>"></iframe>` },
  {
    why: "a data: frame",
    html: (_, x) =>
      `<iframe src="data:text/html,<script>${quoted(encodeURIComponent(x))}</script>"></iframe>`,
  },
  {
    why: "an object of data:",
    html: (_, x) =>
      `<object data="data:text/html,<script>${quoted(encodeURIComponent(x))}</script>"></object>`,
  },
  {
    why: "an animated link",
    events: (_, x) => [
      add(element(100, "svg", {}, { isSVG: true })),
      add(element(101, "a", { "xlink:href": `javascript:${x}` }, { isSVG: true }), 100),
      add(
        element(
          102,
          "animate",
          { attributeName: "href", values: `javascript:${x}`, begin: "0s", dur: "1s", onbegin: x },
          { isSVG: true },
        ),
        101,
      ),
    ],
  },
  // Documents within documents, and elsewhere to go.
  { why: "a frame from elsewhere", html: (c) => `<iframe src="${c}"></iframe>` },
  {
    why: "an object from elsewhere",
    html: (c) => `<object data="${c}" type="text/html"></object>`,
  },
  { why: "an embed from elsewhere", html: (c) => `<embed src="${c}" type="text/html">` },
  { why: "a frame set", html: (c) => ({ frameset: `<frameset><frame src="${c}"></frameset>` }) },
  {
    why: "meta refresh",
    html: (c) => ({ head: `<meta http-equiv="refresh" content="0;url=${c}">` }),
  },
  {
    why: "meta refresh in the body",
    html: (c) => `<meta http-equiv="refresh" content="0;url=${c}">`,
  },
  {
    why: "base",
    html: (c) => ({ head: `<base href="${c}/"><link rel="stylesheet" href="b.css">` }),
  },
  {
    why: "a fenced frame and a portal",
    html: (c) =>
      `<portal src="${c}"></portal><fencedframe src="${c}"></fencedframe><iframe src="${c}" allow="x"></iframe>`,
  },
  // What a browser fetches by itself.
  { why: "prefetch", html: (c) => ({ head: `<link rel="prefetch" href="${c}">` }) },
  { why: "preload", html: (c) => ({ head: `<link rel="preload" as="image" href="${c}">` }) },
  { why: "modulepreload", html: (c) => ({ head: `<link rel="modulepreload" href="${c}">` }) },
  {
    why: "preconnect",
    html: (c) => ({
      head: `<link rel="preconnect" href="${c}"><link rel="dns-prefetch" href="${c}">`,
    }),
  },
  {
    why: "prerender and speculation rules",
    html: (c) => ({
      head: `<link rel="prerender" href="${c}"><link rel="prefetch" href="${c}2"><script type="speculationrules">{"prefetch":[{"urls":["${c}"]}]}</script>`,
    }),
  },
  {
    why: "an icon and a manifest",
    html: (c) => ({
      head: `<link rel="icon" href="${c}"><link rel="manifest" href="${c}"><link rel="stylesheet" href="${c}i">`,
    }),
  },
  {
    why: "two kinds of link in one",
    html: (c) => ({ head: `<link rel="stylesheet prefetch preload" as="style" href="${c}">` }),
  },
  // Pictures and media.
  { why: "an image", html: (c) => `<img src="${c}">` },
  {
    why: "an image in capitals and without a scheme",
    html: (c) => `<IMG SRC="${c.replace(/^http:/, "")}">`,
  },
  { why: "srcset", html: (c) => `<img srcset="${c} 1x, ${c}2 2x">` },
  {
    why: "a picture's source",
    html: (c) => `<picture><source srcset="${c}"><img src="data:,"></picture>`,
  },
  {
    why: "an image in svg",
    html: (c) => `<svg width="9" height="9"><image href="${c}" width="9" height="9"/></svg>`,
  },
  {
    why: "an image in svg by xlink",
    html: (c) => `<svg width="9" height="9"><image xlink:href="${c}" width="9" height="9"/></svg>`,
  },
  {
    why: "use from elsewhere",
    html: (c) =>
      `<svg width="9" height="9"><use href="${c}#a"/><image href="${c}u" width="9" height="9"/></svg>`,
  },
  {
    why: "feImage and a filter",
    html: (c) =>
      `<svg width="9" height="9"><filter id="f"><feImage href="${c}"/></filter><rect width="9" height="9" filter="url(#f)"/></svg>`,
  },
  {
    why: "foreignObject",
    html: (c) =>
      `<svg width="9" height="9"><foreignObject width="9" height="9"><img src="${c}"></foreignObject></svg>`,
  },
  {
    why: "a video and its poster",
    html: (c) => `<video src="${c}v" poster="${c}" autoplay muted></video>`,
  },
  {
    why: "audio and a track",
    html: (c) =>
      `<audio src="${c}" autoplay preload="auto"></audio><video src="data:," ><track src="${c}t" default></video>`,
  },
  { why: "a background attribute", html: (c) => ({ body: `background="${c}"` }) },
  { why: "an image button", html: (c) => `<input type="image" src="${c}">` },
  {
    why: "an image in data: svg that fetches",
    html: (c, x) =>
      `<img src="data:image/svg+xml,${quoted(encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg"><image href="${c}"/><script>${x}</script></svg>`))}"><img src="${c}">`,
  },
  // Styles.
  { why: "a style sheet", html: (c) => ({ head: `<link rel="stylesheet" href="${c}">` }) },
  { why: "@import", html: (c) => `<style>@import "${c}";</style>` },
  {
    why: "@import with escapes",
    html: (c) => `<style>@\\69mport u\\72l(${c.replaceAll(":", "\\3a ")});</style>`,
  },
  { why: "a background", html: (c) => `<style>body{background:url(${c})}</style>` },
  {
    why: "exfiltration by attribute selectors",
    html: (c) =>
      `<input value="s3cret" name="q"><style>input[value^="s"]{background:url(${c}/s)}input[name="q"]{border-image:url(${c}/q) 1}</style>`,
  },
  {
    why: "exfiltration by fonts",
    html: (c) =>
      `<style>@font-face{font-family:e;src:url(${c});unicode-range:U+41}p{font-family:e}</style><p>A</p>`,
  },
  {
    why: "image-set, cursor, list, mask, content",
    html: (c) =>
      `<style>p{background:image-set("${c}i" 1x);list-style-image:url(${c}l);mask:url(${c}m);cursor:url(${c}c),auto}p::before{content:url(${c}b)}</style><p>x</p>`,
  },
  { why: "a variable", html: (c) => `<p style="--u:url(${c});background:var(--u)">x</p>` },
  { why: "an element's style", html: (c) => `<p style="background:url('${c}')">x</p>` },
  {
    why: "paint from elsewhere",
    html: (c) =>
      `<svg width="9" height="9"><rect width="9" height="9" fill="url(${c}#p)" style="clip-path:url(${c}#c);background:url(${c}z)"/></svg>`,
  },
  {
    why: "a style sheet in data: that imports",
    html: (c) => ({ head: `<link rel="stylesheet" href="data:text/css,@import '${c}';">` }),
  },
  // Forms.
  {
    why: "a form that a script sends",
    html: (c, x) =>
      `<form action="${c}" id="f"><input name="a"></form><script>document.getElementById("f").submit();${x}</script>`,
  },
  {
    why: "a link that a script clicks, with a ping",
    html: (c, x) =>
      `<a id="p" href="#" ping="${c}">x</a><script>document.getElementById("p").click();${x}</script>`,
  },
  // Parsers led astray.
  {
    why: "mXSS by noscript",
    html: (_, x) =>
      `<noscript><p title="</noscript><img src=data:, onerror='${quoted(x)}'>"></noscript><img src="data:," onerror="${quoted(x)}">`,
  },
  {
    why: "mXSS by mathml",
    html: (_, x) =>
      `<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=data:, onerror=1&gt;" src="data:," onerror="${quoted(x)}">`,
  },
  {
    why: "a template with a declared shadow",
    html: (_, x) =>
      `<div><template shadowrootmode="open"><img src="data:," onerror="${quoted(x)}"></template></div>`,
  },
  {
    why: "an element that is customized",
    html: (_, x) => `<p is="x-evil">x</p><script>${x}</script>`,
  },
  // Events that no recorder makes.
  {
    why: "events: a script's node",
    events: (_, x) => [add(element(100, "Script")), add(text(101, x), 100)],
  },
  {
    why: "events: a script's node in capitals",
    events: (_, x) => [
      add(element(100, "SCRIPT", {}, { childNodes: [text(101, x)] })),
      add(element(102, "sCrIpT", {})),
      add(text(103, x), 102),
    ],
  },
  {
    why: "events: a handler in svg",
    events: (_, x) => [
      add(element(100, "svg", { onload: x }, { isSVG: true })),
      add(element(101, "image", { href: "data:,", onerror: x }, { isSVG: true }), 100),
    ],
  },
  {
    why: "events: a handler by attribute",
    events: (_, x) => [add(element(100, "img", { src: "data:,", onerror: x }))],
  },
  {
    why: "events: a handler by a later attribute",
    events: (_, x) => [
      add(element(100, "img")),
      set(100, { onerror: x }),
      set(100, { src: "data:," }),
    ],
  },
  {
    why: "events: a frame's source by a later attribute",
    events: (c) => [add(element(100, "iframe")), set(100, { src: c })],
  },
  {
    why: "events: srcdoc by a later attribute",
    events: (_, x) => [add(element(100, "iframe")), set(100, { srcdoc: `<script>${x}</script>` })],
  },
  {
    why: "events: a frame with a page of its own",
    events: (_, x) => [
      add(element(100, "iframe")),
      {
        ...add(
          {
            type: 0,
            id: 101,
            childNodes: [
              element(
                102,
                "html",
                {},
                {
                  rootId: 101,
                  childNodes: [
                    element(
                      103,
                      "body",
                      {},
                      {
                        rootId: 101,
                        childNodes: [
                          element(104, "img", { src: "data:,", onerror: x }, { rootId: 101 }),
                        ],
                      },
                    ),
                  ],
                },
              ),
            ],
          },
          100,
        ),
        isAttachIframe: true,
      },
    ],
  },
  {
    why: "events: rr_dataURL and other attributes of rrweb",
    events: (c) => [
      add(element(100, "img", { rr_dataURL: c, src: "data:," })),
      add(element(101, "canvas", { rr_dataURL: c })),
    ],
  },
  {
    why: "events: a style by text",
    events: (c) => [add(element(100, "style")), add(text(101, `body{background:url(${c})}`), 100)],
  },
  {
    why: "events: _cssText on a link",
    events: (c) => [add(element(100, "link", { _cssText: `body{background:url(${c})}` }))],
  },
  {
    why: "events: a rule that is inserted",
    events: (c) => [
      add(element(100, "style")),
      { source: 8, id: 100, adds: [{ rule: `body{background:url(${c})}`, index: 0 }] },
    ],
  },
  {
    why: "events: a declaration",
    events: (c) => [
      add(element(100, "style", { _cssText: "body{color:red}" })),
      { source: 13, id: 100, index: [0], set: { property: "background", value: `url(${c})` } },
    ],
  },
  {
    why: "events: an adopted style sheet",
    events: (c) => [
      {
        source: 15,
        id: 1,
        styleIds: [1],
        styles: [{ styleId: 1, rules: [{ rule: `body{background:url(${c})}`, index: 0 }] }],
      },
    ],
  },
  {
    why: "events: a style's difference",
    events: (c) => [set(4, { style: { "background-image": `url(${c})` } })],
  },
  {
    why: "events: a link's rel that comes later",
    events: (c) => [
      add(element(100, "link", { href: c })),
      set(100, { rel: "stylesheet" }),
      set(100, { rel: "prefetch" }),
      set(100, { rel: "preload", as: "image" }),
    ],
  },
  {
    why: "events: a font",
    events: (c) => [
      { source: 10, family: "evil", fontSource: `url(${c})`, buffer: false },
      add(element(100, "p", { style: "font-family:evil" }, {})),
      add(text(101, "A"), 100),
    ],
  },
  {
    why: "events: a canvas that draws",
    events: (c) => [
      add(element(100, "canvas")),
      {
        source: 9,
        id: 100,
        type: 0,
        commands: [
          { property: "drawImage", args: [{ rr_type: "HTMLImageElement", src: c }, 0, 0] },
        ],
      },
    ],
  },
  {
    why: "events: media that plays",
    events: (c) => [
      add(element(100, "video", { src: c, rr_mediaState: "played" })),
      { source: 7, type: 0, id: 100, currentTime: 0 },
    ],
  },
  {
    why: "events: a custom element of a bad name",
    events: (_, x) => [
      add(element(100, "font-face", {}, { isCustom: true })),
      add(element(101, "img", { src: "data:,", onerror: x })),
    ],
  },
  {
    why: "events: a script where the body was",
    events: (_, x) => [
      {
        source: 0,
        texts: [],
        attributes: [],
        removes: [{ parentId: 2, id: 4 }],
        adds: [
          { parentId: 2, nextId: null, node: element(200, "body", { onload: x }) },
          { parentId: 200, nextId: null, node: element(201, "SCRIPT") },
          { parentId: 201, nextId: null, node: text(202, x) },
        ],
      },
    ],
  },
];

/** Batches that are none: each must be noticed, and the next good one must be shown. */
export const MALFORMED = [
  ["no JSON", "{"],
  ["another shape", { view: "v", first: true, events: 5 }],
  ["a snapshot without a page", { view: "v", first: true, events: [] }],
  [
    "a node of an unknown type",
    {
      view: "v",
      first: true,
      events: [
        { type: 4, timestamp: 1, data: { href: "", width: 9, height: 9 } },
        {
          type: 2,
          timestamp: 1,
          data: { node: { type: 77, id: 1 }, initialOffset: { left: 0, top: 0 } },
        },
      ],
    },
  ],
  [
    "a viewport without end",
    {
      view: "v",
      first: true,
      events: [{ type: 4, timestamp: 1, data: { href: "", width: 1e9, height: 9 } }],
    },
  ],
  [
    "a node in itself",
    {
      view: "good",
      first: false,
      events: [
        {
          type: 3,
          timestamp: 1,
          data: {
            source: 0,
            texts: [],
            attributes: [],
            removes: [],
            adds: [
              { parentId: 4, nextId: null, node: element(300, "div") },
              { parentId: 300, nextId: null, node: element(4, "body") },
            ],
          },
        },
        { type: 3, timestamp: 1, data: "x" },
      ],
    },
  ],
];
