// Places in a page where something private can be, each with a canary of its own. Most come from
// reports of what leaked out of session recorders; `why` says what each is about.

/**
 * `html` is in the page from the start; `before` runs in the page before the mirror begins and `act`
 * later, with the canary; `type` names a field that the canary is typed into. `canary` is for places
 * that take no other.
 */
export const FIELDS = [
  // Fields as they come.
  ...["text", "email", "tel", "url", "search", "password"].map((type) => ({
    why: `a value of type ${type}`,
    html: (c) => `<input type="${type}" value="${c}">`,
  })),
  // These take no canary but one of their own kind.
  ...[
    ["number", "918273645.5"],
    ["range", "73645182", 'max="99999999"'],
    ["date", "1953-11-27"],
    ["datetime-local", "1954-11-28T03:41"],
    ["month", "1955-11"],
    ["week", "1956-W47"],
    ["time", "03:47:59"],
    ["color", "#a7c3d9"],
  ].map(([type, canary, more = ""]) => ({
    why: `a value of type ${type}`,
    canary,
    html: (c) => `<input type="${type}" value="${c}" ${more}>`,
  })),
  { why: "a field without a type", html: (c) => `<input value="${c}">` },
  { why: "a field of a type nobody knows", html: (c) => `<input type="cnr-new" value="${c}">` },
  { why: "a type in capitals", html: (c) => `<input type="PASSWORD" value="${c}">` },
  { why: "a hidden field", html: (c) => `<input type="hidden" name="csrf" value="${c}">` },
  {
    why: "a hidden field that is set later",
    html: () => `<input type="hidden" id="late-hidden">`,
    act: (c) => document.getElementById("late-hidden").setAttribute("value", c),
  },
  { why: "a textarea's text", html: (c) => `<textarea>${c}</textarea>` },
  {
    why: "a textarea whose text node changes",
    html: () => `<textarea id="ta-node">x</textarea>`,
    act: (c) => {
      document.getElementById("ta-node").firstChild.data = c;
    },
  },
  {
    why: "a textarea whose value is set",
    html: () => `<textarea id="ta-value"></textarea>`,
    act: (c) => {
      document.getElementById("ta-value").value = c;
    },
  },
  {
    why: "a textarea's default value",
    html: () => `<textarea id="ta-default"></textarea>`,
    act: (c) => {
      document.getElementById("ta-default").defaultValue = c;
    },
  },
  {
    why: "a textarea that is added",
    act: (c) => {
      const t = document.createElement("textarea");
      t.textContent = c;
      document.body.append(t);
    },
  },
  {
    why: "the options of a select",
    html: (c) =>
      `<select><option>one</option><option selected value="${c}v">${c}</option></select>`,
  },
  {
    why: "an option group's label",
    html: (c) =>
      `<select><optgroup label="${c}"><option label="${c}l">one</option></optgroup></select>`,
  },
  {
    why: "an option that is added",
    html: () => `<select id="sel-add"></select>`,
    act: (c) => {
      document.getElementById("sel-add").add(new Option(c, `${c}v`, true, true));
    },
  },
  {
    why: "a choice that is made",
    html: (c) =>
      `<select id="sel-choose"><option>a</option><option value="${c}">b</option></select>`,
    act: (c) => {
      const s = document.getElementById("sel-choose");
      s.value = c;
      s.dispatchEvent(new Event("input", { bubbles: true }));
      s.dispatchEvent(new Event("change", { bubbles: true }));
    },
  },
  {
    why: "suggestions for a field",
    html: (c) =>
      `<input list="dl"><datalist id="dl"><option value="${c}">${c}x</option></datalist>`,
  },
  {
    why: "the value of a radio button",
    html: (c) => `<input type="radio" name="r" value="${c}" checked>`,
  },
  { why: "the value of a checkbox", html: (c) => `<input type="checkbox" value="${c}" checked>` },
  { why: "a value typed by a person", html: () => `<input id="typed">`, type: "#typed" },
  {
    why: "a password typed by a person",
    html: () => `<input id="typed-password" type="password">`,
    type: "#typed-password",
  },
  {
    why: "a textarea typed by a person",
    html: () => `<textarea id="typed-area"></textarea>`,
    type: "#typed-area",
  },
  {
    why: "a value set by script (autofill, frameworks)",
    html: () => `<input id="scripted">`,
    act: (c) => {
      const i = document.getElementById("scripted");
      i.value = c;
      i.dispatchEvent(new Event("input", { bubbles: true }));
      i.dispatchEvent(new Event("change", { bubbles: true }));
    },
  },
  {
    why: "the value attribute that frameworks keep in step (rrweb 1488)",
    html: () => `<input id="in-step">`,
    act: (c) => document.getElementById("in-step").setAttribute("value", c),
  },
  {
    why: "a field that is added with a value",
    act: (c) => {
      const i = document.createElement("input");
      i.value = c;
      i.setAttribute("value", c);
      document.body.append(i);
    },
  },
  {
    why: "a field put in by innerHTML",
    act: (c) => {
      const d = document.createElement("div");
      d.innerHTML = `<p><input value="${c}"></p>`;
      document.body.append(d);
    },
  },
  // Passwords that are shown.
  {
    why: "show password: the type turns (getsentry/rrweb 34)",
    html: (c) => `<input class="open" id="flip" type="password" value="${c}">`,
    act: () => {
      document.getElementById("flip").type = "text";
    },
  },
  {
    why: "show password: typed after it turned",
    html: () => `<input class="open" id="flip-typed" type="password">`,
    act: (c) => {
      const i = document.getElementById("flip-typed");
      i.type = "text";
      i.value = c;
      i.dispatchEvent(new Event("input", { bubbles: true }));
    },
  },
  {
    why: "show password: turned, turned back, value attribute",
    html: () => `<input class="open" id="flip-twice" type="password">`,
    act: (c) => {
      const i = document.getElementById("flip-twice");
      i.type = "text";
      i.setAttribute("value", c);
      i.type = "password";
    },
  },
  {
    why: "show password: another element takes its place",
    html: () => `<span><input class="open" id="swap" name="swapped" type="password"></span>`,
    act: (c) => {
      const old = document.getElementById("swap");
      const i = document.createElement("input");
      i.className = "open";
      i.name = "swapped";
      i.value = c;
      i.setAttribute("value", c);
      old.replaceWith(i);
      i.dispatchEvent(new Event("input", { bubbles: true }));
    },
  },
  {
    why: "a field that turns into a button",
    html: () => `<input class="open" id="to-button" type="password">`,
    act: (c) => {
      const i = document.getElementById("to-button");
      i.value = c;
      i.setAttribute("value", c);
      i.type = "button";
    },
  },
  { why: "an unmasked password", html: (c) => `<input class="open" type="password" value="${c}">` },
  {
    why: "an unmasked hidden field",
    html: (c) => `<input class="open" type="hidden" value="${c}">`,
  },
  {
    why: "an unmasked card number",
    html: (c) => `<input class="open" autocomplete="section-a billing cc-number" value="${c}">`,
  },
  {
    why: "an unmasked card number by name",
    html: (c) => `<input class="open" name="cardNumber" value="${c}">`,
  },
  {
    why: "an unmasked security code by label",
    html: (c) => `<input class="open" aria-label="CVC" value="${c}">`,
  },
  {
    why: "an unmasked one-time code",
    html: (c) => `<input class="open" autocomplete="one-time-code" value="${c}">`,
  },
  {
    why: "an unmasked new password, shown before the mirror began",
    html: (c) => `<input class="open" type="text" autocomplete="new-password" value="${c}">`,
  },
  {
    why: "an unmasked field under a mask",
    html: (c) => `<div data-isession-mask><input class="open" value="${c}"></div>`,
  },
  // What else people write into.
  { why: "contenteditable text", html: (c) => `<div contenteditable="true"><p>${c}</p></div>` },
  { why: "contenteditable without a value", html: (c) => `<div contenteditable>${c}</div>` },
  { why: "plaintext-only", html: (c) => `<div contenteditable="plaintext-only">${c}</div>` },
  {
    why: "an island in contenteditable",
    html: (c) => `<div contenteditable><span contenteditable="false">${c}</span></div>`,
  },
  {
    why: "contenteditable that is typed into",
    html: () => `<div id="ce-typed" contenteditable></div>`,
    type: "#ce-typed",
  },
  {
    why: "contenteditable whose nodes change",
    html: () => `<div id="ce-node" contenteditable><b>x</b></div>`,
    act: (c) => {
      const e = document.getElementById("ce-node");
      e.firstChild.firstChild.data = `${c}a`;
      const p = document.createElement("p");
      p.textContent = c;
      p.title = c;
      e.append(p);
    },
  },
  {
    why: "a picture pasted into contenteditable",
    html: () => `<div id="ce-img" contenteditable></div>`,
    act: (c) => {
      const i = document.createElement("img");
      i.src = `data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'><text>${c}</text></svg>`;
      i.alt = c;
      document.getElementById("ce-img").append(i);
    },
  },
  {
    why: "an element that people write into from now on",
    html: () => `<p id="ce-later">harmless</p>`,
    act: (c) => {
      const p = document.getElementById("ce-later");
      p.contentEditable = "true";
      p.firstChild.data = c;
      p.append(`${c}a`);
    },
  },
  {
    why: "an element with an edit context",
    html: () => `<div id="ec"></div>`,
    before: (c) => {
      const d = document.getElementById("ec");
      if (window.EditContext) {
        d.editContext = new window.EditContext();
      } else {
        d.contentEditable = "true";
      }
      d.textContent = c;
    },
  },
  { why: "an editor by its role", html: (c) => `<div role="textbox">${c}</div>` },
  {
    why: "a code editor",
    html: (c) => `<div class="cm-editor"><div class="cm-line">${c}</div></div>`,
  },
  { why: "an output that repeats what is typed", html: (c) => `<output>${c}</output>` },
  {
    why: "text moved into an editor after it was shown: what comes then",
    html: () => `<div id="ce-move" contenteditable></div><p id="moves">harmless</p>`,
    act: (c) => {
      const p = document.getElementById("moves");
      document.getElementById("ce-move").append(p);
      p.firstChild.data = c;
    },
  },
  // Masked and blocked.
  {
    why: "text under a mask",
    html: (c) => `<div data-isession-mask><p>${c} and <b>${c}b</b></p></div>`,
  },
  {
    why: "attributes under a mask",
    html: (c) =>
      `<div data-isession-mask><img alt="${c}" src="/own.png?q=${c}s"><a href="/go/${c}h">x</a></div>`,
  },
  {
    why: "style under a mask",
    html: (c) =>
      `<div data-isession-mask><p style="--x:${c};background:url(/own.png?${c}u)">x</p></div>`,
  },
  {
    why: "a style sheet's text under a mask",
    html: (c) => `<div data-isession-mask><style>.mm::after { content: "${c}" }</style></div>`,
  },
  {
    why: "a linked style sheet under a mask",
    html: () => `<div data-isession-mask id="mask-link"></div>`,
    before: (c) => {
      const link = document.createElement("link");
      link.rel = "stylesheet";
      const css = `.ml::after { content: "${c}" }`;
      link.href = URL.createObjectURL(new Blob([css], { type: "text/css" }));
      document.getElementById("mask-link").append(link);
      return new Promise((resolve) => {
        link.onload = () => resolve();
      });
    },
  },
  {
    why: "a rule that is put in under a mask",
    html: () => `<div data-isession-mask><style id="mask-rule">.mr { color: red }</style></div>`,
    act: (c) => {
      const { sheet } = document.getElementById("mask-rule");
      sheet.insertRule(`.mr::after { content: "${c}" }`);
      sheet.cssRules[0].style.setProperty("content", `"${c}d"`);
    },
  },
  {
    why: "a style sheet that a script made under a mask",
    html: () => `<div data-isession-mask><p id="mask-adopts"></p></div>`,
    act: (c) => {
      const root = document.getElementById("mask-adopts").attachShadow({ mode: "open" });
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(`.ma::after { content: "${c}" }`);
      root.adoptedStyleSheets = [sheet];
      sheet.insertRule(`.ma::before { content: "${c}r" }`);
    },
  },
  {
    why: "a field's state under a mask",
    html: (c) =>
      `<div data-isession-mask><progress value="1" title="${c}"></progress><input value="${c}i"><select><option value="${c}o">${c}t</option></select></div>`,
  },
  {
    why: "text that changes under a mask",
    html: () => `<p data-isession-mask id="mask-text">x</p>`,
    act: (c) => {
      document.getElementById("mask-text").firstChild.data = c;
    },
  },
  {
    why: "nodes that are added under a mask",
    html: () => `<div data-isession-mask id="mask-add"></div>`,
    act: (c) => {
      const p = document.createElement("p");
      p.textContent = c;
      p.setAttribute("label", c);
      document.getElementById("mask-add").append(p);
    },
  },
  {
    why: "attributes that change under a mask",
    html: () => `<div data-isession-mask><img id="mask-attr"></div>`,
    act: (c) => {
      const i = document.getElementById("mask-attr");
      i.alt = c;
      i.src = `/own.png?${c}`;
      i.style.setProperty("--x", c);
    },
  },
  {
    why: "a mask that comes later: what comes after it",
    html: () => `<p id="mask-later">harmless</p>`,
    act: (c) => {
      const p = document.getElementById("mask-later");
      p.setAttribute("data-isession-mask", "");
      p.firstChild.data = c;
    },
  },
  {
    why: "text under a mask in a shadow root",
    html: () => `<div data-isession-mask id="mask-host"></div>`,
    before: (c) => {
      document.getElementById("mask-host").attachShadow({ mode: "open" }).innerHTML = `<p>${c}</p>`;
    },
  },
  {
    why: "text slotted out of a mask",
    html: (c) => `<div data-isession-mask><x-slotted><span>${c}</span></x-slotted></div>`,
  },
  {
    why: "svg text under a mask",
    html: (c) =>
      `<svg data-isession-mask width="20" height="20"><text>${c}</text><title>${c}t</title></svg>`,
  },
  {
    why: "a blocked element",
    html: (c) =>
      `<div data-isession-block style="width:60px;height:20px" class="${c}k"><p title="${c}">${c}p</p></div>`,
  },
  {
    why: "a blocked element that changes",
    html: () => `<div data-isession-block id="block-change"><p>x</p></div>`,
    act: (c) => {
      const b = document.getElementById("block-change");
      b.firstChild.firstChild.data = c;
      b.append(`${c}a`);
      b.setAttribute("class", `${c}c`);
      b.setAttribute("lang", `${c}l`);
    },
  },
  {
    why: "a blocked element that is added",
    act: (c) => {
      const b = document.createElement("section");
      b.setAttribute("data-isession-block", "");
      b.textContent = c;
      b.lang = c;
      document.body.append(b);
    },
  },
  {
    why: "a field in a blocked element",
    html: () => `<div data-isession-block><input id="block-input"></div>`,
    type: "#block-input",
  },
  {
    why: "a shadow root in a blocked element",
    html: () => `<div data-isession-block><p id="block-host"></p></div>`,
    act: (c) => {
      document
        .getElementById("block-host")
        .attachShadow({ mode: "open" }).innerHTML = `<b>${c}</b>`;
    },
  },
  {
    why: "our own panel",
    html: (c) => `<isession-panel class="${c}"><p title="${c}t">${c}p</p></isession-panel>`,
  },
];
