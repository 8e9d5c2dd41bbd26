// What leaves the visitor's page: each event is written anew from what may be seen. This is the one
// way out; whatever rrweb does before, nothing passes here that is not named here.

import type { PagePolicy } from "@isession/protocol";
import { ownSource, ownSources, reduceCss, reduceLink } from "./addresses";
import {
  isContent,
  isForeign,
  isMeasure,
  isState,
  isStateWord,
  LINKS,
  mayCarry,
  SOURCES,
} from "./attributes";
import {
  ADOPTED,
  type Adopted,
  type Attribute,
  type Attributes,
  COMMENT,
  type Node as Copy,
  DECLARATION,
  type Declaration,
  DOCTYPE,
  DOCUMENT,
  ELEMENT,
  FULL,
  INCREMENTAL,
  INPUT,
  type Increment,
  MASK,
  MASKED,
  META,
  type MirrorEvent,
  MUTATION,
  type Mutation,
  RESIZE,
  RULES,
  type Rules,
  SCROLL,
  type StyleDiff,
  TEXT,
} from "./events";
import { cleanSheet } from "./sheets";
import { isField, typeOf, Veil, type Veils } from "./veil";

export interface MaskOptions {
  policy: PagePolicy;
  veils: Veils;
  page: Document;
  /** The node of the page that rrweb gave this id. */
  node(id: number): Node | null;
  /** Something left the page's mirror in a way that only a new snapshot puts right. */
  onStale(): void;
}

/** Fields whose value shows as something else than text: a mask of text would not hold there. */
const PICTURED = ["checkbox", "radio", "range", "color", "file", "hidden"];
/** Fields that show a mask only as plain text. */
const FORMATTED = ["number", "date", "datetime-local", "month", "time", "week"];

export class Masker {
  readonly #options: MaskOptions;
  /** What was last told of a masked node: how often it changes is nobody's business either. */
  readonly #told = new WeakMap<Node, string>();
  /** Nodes whose text or attributes were sent as they are. */
  #shown = new WeakSet<Node>();
  /** Style sheets that scripts made for masked places. */
  readonly #veiled = new Set<number>();

  constructor(options: MaskOptions) {
    this.#options = options;
  }

  /** The event as it may travel, or null. */
  clean(event: { type: number; timestamp: number; data: unknown }): MirrorEvent | null {
    this.#options.veils.forget();
    const { timestamp } = event;
    switch (event.type) {
      case META: {
        const { href, width, height } = event.data as {
          href: string;
          width: number;
          height: number;
        };
        const shown = reduceLink(href, href, this.#options.policy.query) ?? "";
        return { type: META, timestamp, data: { href: shown, width, height } };
      }
      case FULL: {
        const { node, initialOffset } = event.data as {
          node: Copy;
          initialOffset: { left: number; top: number };
        };
        this.#shown = new WeakSet();
        const { left, top } = initialOffset;
        const page = this.#node(node);
        return (
          page && { type: FULL, timestamp, data: { node: page, initialOffset: { left, top } } }
        );
      }
      case INCREMENTAL: {
        const data = this.#increment(event.data as Increment);
        return data && { type: INCREMENTAL, timestamp, data };
      }
      default:
        return null;
    }
  }

  #increment(data: Increment): Increment | null {
    switch (data.source) {
      case MUTATION:
        return this.#mutation(data);
      case SCROLL: {
        const { id, x, y } = data;
        const node = this.#options.node(id);
        // How far a field is scrolled tells how much is in it.
        const seen = node && this.#veil(node) === Veil.Shown && !(isElement(node) && isField(node));
        return seen ? { source: SCROLL, id, x, y } : null;
      }
      case RESIZE: {
        const { width, height } = data;
        return { source: RESIZE, width, height };
      }
      case INPUT:
        return this.#input(data);
      case RULES:
      case DECLARATION:
      case ADOPTED:
        return this.#sheet(data);
      default:
        return null;
    }
  }

  #mutation(data: Mutation): Mutation | null {
    const adds = data.adds.flatMap(({ parentId, nextId, node }) => {
      const live = this.#options.node(node.id);
      const known = live !== null && this.#shown.has(live);
      const copy = this.#node(node);
      if (copy === null && known) {
        // It moved to where it may not be seen; the mirror still shows it where it was.
        this.#options.onStale();
      }
      return copy ? [{ parentId, nextId, node: copy }] : [];
    });
    const texts = data.texts.flatMap(({ id, value }) => {
      const text = this.#text(id, value ?? "");
      const node = this.#options.node(id);
      const masked = node !== null && this.#veil(node) !== Veil.Shown;
      return text === null || (masked && this.#repeats(node, text)) ? [] : [{ id, value: text }];
    });
    const attributes = data.attributes.flatMap(({ id, attributes }) => {
      const element = this.#options.node(id);
      if (!element || !isElement(element) || !this.#isThere(element)) {
        return [];
      }
      if ("data-isession-mask" in attributes || "data-isession-block" in attributes) {
        this.#options.onStale();
      }
      const seen = this.#attributes(element, attributes, false);
      return Object.keys(seen).length > 0 ? [{ id, attributes: seen }] : [];
    });
    const removes = data.removes.flatMap(({ parentId, id, isShadow }) => {
      const parent = this.#options.node(parentId);
      return parent && this.#contents(parent) >= Veil.Closed
        ? []
        : [{ parentId, id, ...(isShadow && { isShadow }) }];
    });
    if (adds.length + texts.length + attributes.length + removes.length === 0) {
      return null;
    }
    const frame = data.isAttachIframe === true && { isAttachIframe: true };
    return { source: MUTATION, texts, attributes, removes, adds, ...frame };
  }

  #input({ id, text, isChecked }: Increment & { source: typeof INPUT }): Increment | null {
    const field = this.#options.node(id);
    if (!field || !isElement(field) || !this.#isThere(field)) {
      return null;
    }
    if (this.#options.veils.showsValue(field)) {
      return { source: INPUT, id, text: `${text}`, isChecked: isChecked === true };
    }
    if (PICTURED.includes(typeOf(field)) || field.localName === "select") {
      return null;
    }
    const mask = text ? MASK : "";
    return this.#repeats(field, mask) ? null : { source: INPUT, id, text: mask, isChecked: false };
  }

  /** Remembers what is told of a masked node; whether it had been told before. */
  #repeats(node: Node, text: string): boolean {
    const repeated = this.#told.get(node) === text;
    this.#told.set(node, text);
    return repeated;
  }

  /** A node of the copy with all that is in it, as far as it may be seen. */
  #node(copy: Copy): Copy | null {
    const live = this.#options.node(copy.id);
    if (!live || !this.#isThere(live)) {
      return null;
    }
    this.#shown.add(live);
    const { type, id } = copy;
    const seen: Copy = { type, id };
    for (const key of ["rootId", "isShadow", "isShadowHost", "isSVG", "isCustom"] as const) {
      if (copy[key] !== undefined) {
        Object.assign(seen, { [key]: copy[key] });
      }
    }
    switch (type) {
      case DOCUMENT:
        seen.childNodes = this.#children(copy);
        if (copy.compatMode !== undefined) {
          seen.compatMode = copy.compatMode;
        }
        return seen;
      case DOCTYPE:
        return { ...seen, name: copy.name ?? "html", publicId: "", systemId: "" };
      case ELEMENT:
        return isElement(live) ? this.#element(copy, seen, live) : null;
      case TEXT: {
        const text = this.#text(id, copy.textContent ?? "");
        if (text !== null && this.#veil(live) !== Veil.Shown) {
          this.#told.set(live, text);
        }
        return text === null ? null : { ...seen, textContent: text };
      }
      default:
        // Siblings may hang on a comment; what it says they do not need.
        return type === COMMENT ? { ...seen, textContent: "" } : null;
    }
  }

  #element(copy: Copy, seen: Copy, live: Element): Copy {
    const tagName = (copy.tagName ?? "div").toLowerCase();
    const closed = this.#contents(live) >= Veil.Closed;
    const attributes = this.#attributes(live, copy.attributes ?? {}, true);
    if (isField(live) && attributes.value === undefined) {
      this.#told.set(live, "");
    }
    if (closed && this.#veil(live) === Veil.Closed) {
      attributes[MASKED] = "";
    }
    const css = this.#linkedCss(live, attributes);
    return {
      ...seen,
      tagName: copy.isSVG ? (copy.tagName ?? "g") : tagName,
      attributes: css ?? attributes,
      childNodes: closed || isForeign(tagName) ? [] : this.#children(copy),
    };
  }

  #children(copy: Copy): Copy[] {
    return (copy.childNodes ?? []).flatMap((child) => this.#node(child) ?? []);
  }

  /** The rules of a style sheet that only the visitor's page can load and its script may read. */
  #linkedCss(link: Element, attributes: Attributes): Attributes | null {
    const seen = this.#veil(link) === Veil.Shown;
    if (link.localName !== "link" || attributes.href !== undefined || !seen) {
      return null;
    }
    try {
      const { sheet, rel } = link as HTMLLinkElement;
      if (sheet === null || !/\bstylesheet\b/i.test(rel) || sheet.disabled) {
        return null;
      }
      const css = Array.from(sheet.cssRules, (rule) => rule.cssText).join("\n");
      const { media } = attributes;
      return { _cssText: this.#css(css, link, sheet.href), ...(media !== undefined && { media }) };
    } catch {
      // It may not be read: this page did not ask for it with CORS.
      return null;
    }
  }

  /** A text as it may be seen; null if it may not even be known that it is there. */
  #text(id: number, text: string): string | null {
    const node = this.#options.node(id);
    if (!node || !this.#isThere(node)) {
      return null;
    }
    const parent = node.parentNode;
    const tag = parent && isElement(parent) ? parent.localName : "";
    if (isForeign(tag)) {
      return "";
    }
    if (this.#veil(node) !== Veil.Shown) {
      return text.trim() === "" ? text && " " : MASK;
    }
    return tag === "style" ? this.#css(text, node) : text;
  }

  /** `fresh`: the mirror has not been told of the element yet. */
  #attributes(element: Element, attributes: Attributes, fresh: boolean): Attributes {
    const seen: Attributes = {};
    const veil = this.#veil(element);
    if (veil === Veil.Blocked) {
      const { rr_width = null, rr_height = null } = attributes;
      const box = rr_width !== null && !this.#options.veils.isOurs(element);
      return box ? { rr_width, rr_height } : {};
    }
    const tag = element.localName;
    const field = isField(element);
    const open = field ? this.#options.veils.showsValue(element) : veil === Veil.Shown;
    for (const [name, value] of Object.entries(attributes)) {
      if (!mayCarry(tag, name) || (isForeign(tag) && !isMeasure(name))) {
        continue;
      }
      if (!open && (isContent(name) || name.startsWith("rr_scroll"))) {
        continue;
      }
      const kept = this.#attribute(element, name, value, open);
      const masked = field && !open && name === "value" && typeof kept === "string";
      const repeated = masked && this.#repeats(element, kept) && !fresh;
      if (kept !== undefined && !repeated) {
        seen[name] = kept;
      }
    }
    return tag === "link" ? sheetOnly(seen, element) : seen;
  }

  #attribute(
    element: Element,
    name: string,
    value: Attribute,
    open: boolean,
  ): Attribute | undefined {
    if (value === null) {
      return open || !isValue(name) ? null : undefined;
    }
    const { policy } = this.#options;
    const text = `${value}`;
    if (isValue(name)) {
      return this.#value(element, name, value, open);
    }
    if (isState(name)) {
      return isStateWord(text) ? text : undefined;
    }
    if (name === "style") {
      return this.#style(element, value);
    }
    if (name === "type" && isField(element) && !open && FORMATTED.includes(text.toLowerCase())) {
      return "text";
    }
    if (name === "srcset") {
      return ownSources(text, element.baseURI, policy.origins) ?? undefined;
    }
    if (SOURCES.has(name)) {
      return ownSource(text, element.baseURI, policy.origins) ?? undefined;
    }
    if (LINKS.has(name)) {
      return this.#link(element, text);
    }
    if (name === "_cssText") {
      return this.#css(text, element);
    }
    return typeof value === "object"
      ? undefined
      : /url\(/i.test(text)
        ? this.#css(text, element)
        : value;
  }

  /** What a field holds, a box is, or an option was chosen. */
  #value(element: Element, name: string, value: Attribute, open: boolean): Attribute | undefined {
    if (!isField(element)) {
      return open ? value : undefined;
    }
    if (open) {
      return value;
    }
    if (name !== "value" || PICTURED.includes(typeOf(element)) || element.localName === "select") {
      return undefined;
    }
    return value === "" ? "" : MASK;
  }

  #link(element: Element, address: string): string | undefined {
    const { policy } = this.#options;
    const { baseURI, localName } = element;
    if (localName === "a" || localName === "area") {
      return reduceLink(address, baseURI, policy.query) ?? undefined;
    }
    if (address.startsWith("#")) {
      return address;
    }
    return ["link", "image"].includes(localName)
      ? (ownSource(address, baseURI, policy.origins) ?? undefined)
      : undefined;
  }

  #style(element: Element, value: Attribute): Attribute {
    if (typeof value !== "object" || value === null) {
      return this.#css(`${value}`, element, null, true);
    }
    const seen: StyleDiff = {};
    for (const [property, set] of Object.entries(value)) {
      const css = (text: string) => {
        const line = this.#css(`${property}: ${text}`, element, null, true);
        return line.slice(line.indexOf(":") + 1).trim();
      };
      seen[property] =
        set === false ? false : typeof set === "string" ? css(set) : [css(set[0]), set[1]];
    }
    return seen;
  }

  #css(text: string, node: Node, base?: string | null, inline = false): string {
    return reduceCss(text, base ?? node.baseURI ?? "", this.#options.policy.origins, { inline });
  }

  /** What a script does to style sheets; those of masked places are a matter of these alone. */
  #sheet(data: Rules | Declaration | Adopted): Increment | null {
    const { node, page } = this.#options;
    const anchor = (data.id === undefined ? null : node(data.id)) ?? page;
    const open = this.#veil(anchor) === Veil.Shown;
    if (data.source === ADOPTED && !open) {
      for (const sheet of data.styleIds) {
        this.#veiled.add(sheet);
      }
    }
    const sheet = data.source === ADOPTED ? undefined : data.styleId;
    if (!open || (sheet !== undefined && this.#veiled.has(sheet))) {
      return null;
    }
    return cleanSheet(data, (text) => this.#css(text, anchor));
  }

  #veil(node: Node): Veil {
    return this.#options.veils.of(node);
  }

  /** How much of what is in this node may be seen. */
  #contents(node: Node): Veil {
    return this.#options.veils.inside(node);
  }

  /** Nothing around this node forbids to know of it. */
  #isThere(node: Node): boolean {
    return this.#options.veils.around(node) < Veil.Closed;
  }
}

const isElement = (node: Node): node is Element => node.nodeType === 1;

const isValue = (name: string): boolean => ["value", "checked", "selected"].includes(name);

/** Of links in the head only style sheets travel. */
function sheetOnly(seen: Attributes, link: Element): Attributes {
  const sheet = /\bstylesheet\b/i.test(link.getAttribute("rel") ?? "");
  const alternate = /\balternate\b/i.test(link.getAttribute("rel") ?? "");
  return sheet && !alternate ? seen : {};
}
