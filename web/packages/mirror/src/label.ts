/** What people call an element: its kind, and what it says, as far as that may be known. */

import { attribute, closest, matches, parentOf, rootOf } from "@isession/show/bare";

/** By role, as a page gives it. A role that is not named here may be anything, so it is not said. */
const ROLES: Record<string, string> = {
  alert: "message",
  button: "button",
  checkbox: "checkbox",
  combobox: "choice",
  dialog: "dialog",
  heading: "heading",
  img: "image",
  link: "link",
  listbox: "choice",
  menu: "menu",
  menuitem: "menu entry",
  option: "option",
  radio: "option",
  searchbox: "search field",
  slider: "slider",
  spinbutton: "number field",
  switch: "switch",
  tab: "tab",
  textbox: "field",
};

const TAGS: Record<string, string> = {
  a: "link",
  button: "button",
  canvas: "drawing",
  dialog: "dialog",
  fieldset: "group of fields",
  form: "form",
  h1: "heading",
  h2: "heading",
  h3: "heading",
  h4: "heading",
  h5: "heading",
  h6: "heading",
  iframe: "frame",
  img: "image",
  input: "field",
  label: "label",
  li: "list entry",
  nav: "navigation",
  ol: "list",
  picture: "image",
  progress: "progress",
  select: "choice",
  summary: "button",
  svg: "image",
  table: "table",
  td: "table cell",
  textarea: "field",
  th: "table cell",
  tr: "table row",
  ul: "list",
  video: "video",
};

const TYPES: Record<string, string> = {
  button: "button",
  checkbox: "checkbox",
  date: "date field",
  email: "email field",
  file: "file field",
  image: "button",
  number: "number field",
  password: "password field",
  radio: "option",
  range: "slider",
  reset: "button",
  search: "search field",
  submit: "button",
  tel: "phone field",
  url: "address field",
};

/** Whatever is in one of these is called by it. */
const NAMED = [
  ..."a button input textarea select summary label h1 h2 h3 h4 h5 h6".split(" "),
  ..."button link tab checkbox switch radio menuitem option".split(" ").map((r) => `[role=${r} i]`),
].join(", ");

/** Of what has no kind, its words are the name; where they may not be known either, this. */
const TEXTS = "p, span, b, strong, em, i, small, code, pre, blockquote, dt, dd, time, output";

const LENGTH = 80;
/** Of what an element says so many characters, and places where it could say something, are looked at. */
const LOOKED = 200;
const PLACES = 1000;

/** What may be known of a page. */
export interface Sight {
  /** What an element says. */
  text(element: Element): string;
  /** Whether its attributes may be read. */
  shows(element: Element): boolean;
}

export function labelOf(element: Element, sight: Sight): string {
  const named = closest(element, NAMED) ?? element;
  const kind = kindOf(named);
  const words = saysOf(named, kind, sight).replace(/\s+/g, " ").trim();
  const short = words.length > LENGTH ? `${words.slice(0, LENGTH)}…` : words;
  const nothing = matches(named, TEXTS) ? "text" : "a part of the page";
  return [kind, short].filter((part) => part !== "").join(": ") || nothing;
}

/** What an element says, as far as `read` gives it. */
export function textOf(element: Element, read: (text: Text) => string): string {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  let said = "";
  for (let n = 0; n < PLACES && said.length < LOOKED && walker.nextNode(); n += 1) {
    const text = walker.currentNode as Text;
    const parent = parentOf(text);
    if (!parent || !matches(parent, "script, style, noscript, template")) {
      said += read(text).slice(0, LOOKED);
    }
  }
  return said;
}

function kindOf(element: Element): string {
  const word = (name: string) => attribute(element, name)?.trim().toLowerCase() ?? "";
  const { localName: tag } = element;
  const role = word("role");
  if (Object.hasOwn(ROLES, role)) {
    return ROLES[role] as string;
  }
  const type = word("type");
  if (tag === "input" && Object.hasOwn(TYPES, type)) {
    return TYPES[type] as string;
  }
  return Object.hasOwn(TAGS, tag) ? (TAGS[tag] as string) : "";
}

function saysOf(element: Element, kind: string, { text, shows }: Sight): string {
  const field = ["input", "textarea", "select"].includes(element.localName);
  const named = field && kind === "button" ? "value" : "alt";
  const own = shows(element) ? attribute(element, named) : null;
  if (own) {
    return own;
  }
  // What labels an element stands in the page itself, and is masked where that is.
  const labels =
    labelledBy(element) ?? (field && [...((element as HTMLInputElement).labels ?? [])]);
  return labels ? labels.map(text).join(" ") : text(element);
}

function labelledBy(element: Element): Element[] | null {
  const ids = attribute(element, "aria-labelledby")?.split(/\s+/).slice(0, 8) ?? [];
  const root = rootOf(element) as Document | ShadowRoot;
  const found = ids.flatMap((id) => root.getElementById?.(id) ?? []);
  return found.length > 0 ? found : null;
}
