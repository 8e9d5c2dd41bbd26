// Events off the wire. Whoever sent them may be anybody: each is built anew from what a page's
// looks need, and what does not fit this makes the whole batch void.

import { LIMITS } from "@isession/protocol";
import { isForeign, isMeasure, isState, isStateWord, LINKS, mayCarry, SOURCES } from "./attributes";
import {
  ADOPTED,
  type Adopted,
  type Attribute,
  type Attributes,
  type Batch,
  CDATA,
  COMMENT,
  DECLARATION,
  type Declaration,
  DOCTYPE,
  DOCUMENT,
  ELEMENT,
  FULL,
  INCREMENTAL,
  INPUT,
  type Increment,
  MASKED,
  META,
  type MirrorEvent,
  MUTATION,
  type Mutation,
  type Node,
  RESIZE,
  RULES,
  type Rule,
  type Rules,
  SCROLL,
  type StyleDiff,
  TEXT,
} from "./events";

/** Nodes in one batch, and how deep they may lie in each other. */
const NODES = 200_000;
const DEPTH = 500;
/** The largest side of a viewport, in CSS pixels. */
const SIDE = 16_384;
const NUMBER = 2 ** 31;

class Malformed extends Error {}

/** The batch, or null if it is none. */
export function readBatch(value: unknown): Batch | null {
  try {
    return batch(value);
  } catch {
    return null;
  }
}

function batch(value: unknown): Batch {
  const { view, first, events } = record(value);
  const budget = { nodes: NODES };
  const read = list(events).flatMap((event) => readEvent(record(event), budget) ?? []);
  const fresh = bool(first);
  if (fresh && !(read[0]?.type === META && read[1]?.type === FULL)) {
    throw new Malformed();
  }
  return { view: string(view, 32), first: fresh, events: read };
}

interface Budget {
  nodes: number;
}

type Fields = Record<string, unknown>;

function readEvent({ type, timestamp, data }: Fields, budget: Budget): MirrorEvent | null {
  const at = { timestamp: number(timestamp, 0, LIMITS.time) };
  switch (type) {
    case META: {
      const { href, width, height } = record(data);
      return { type, ...at, data: { href: string(href, 8192), ...size(width, height) } };
    }
    case FULL: {
      const { node, initialOffset } = record(data);
      const page = readNode(node, budget, 0);
      if (page.type !== DOCUMENT) {
        throw new Malformed();
      }
      const { left, top } = record(initialOffset);
      const offset = { left: number(left, 0, NUMBER), top: number(top, 0, NUMBER) };
      return { type, ...at, data: { node: page, initialOffset: offset } };
    }
    case INCREMENTAL: {
      const read = readIncrement(record(data), budget);
      return read && { type, ...at, data: read };
    }
    default:
      return null;
  }
}

function readIncrement(data: Fields, budget: Budget): Increment | null {
  switch (data.source) {
    case MUTATION:
      return readMutation(data, budget);
    case SCROLL:
      return {
        source: SCROLL,
        id: id(data.id),
        x: number(data.x, -NUMBER, NUMBER),
        y: number(data.y, -NUMBER, NUMBER),
      };
    case RESIZE:
      return { source: RESIZE, ...size(data.width, data.height) };
    case INPUT:
      return {
        source: INPUT,
        id: id(data.id),
        text: string(data.text),
        isChecked: bool(data.isChecked),
      };
    case RULES:
      return readRules(data);
    case DECLARATION:
      return readDeclaration(data);
    case ADOPTED:
      return readAdopted(data);
    default:
      return null;
  }
}

function readMutation(data: Fields, budget: Budget): Mutation {
  return {
    source: MUTATION,
    texts: list(data.texts).map((text) => {
      const { id: node, value } = record(text);
      return { id: id(node), value: value === null ? null : string(value) };
    }),
    attributes: list(data.attributes).map((change) => {
      const { id: node, attributes } = record(change);
      // What element it is only the replay knows: it must be fit for any.
      return { id: id(node), attributes: readAttributes(null, record(attributes)) };
    }),
    removes: list(data.removes).map((remove) => {
      const { parentId, id: node, isShadow } = record(remove);
      return { parentId: id(parentId), id: id(node), ...(isShadow === true && { isShadow }) };
    }),
    adds: list(data.adds).map((add) => {
      const { parentId, nextId, node } = record(add);
      return {
        parentId: id(parentId),
        nextId: nextId === null || nextId === undefined ? null : id(nextId),
        node: readNode(node, budget, 0),
      };
    }),
    ...(data.isAttachIframe === true && { isAttachIframe: true }),
  };
}

function readNode(value: unknown, budget: Budget, depth: number): Node {
  budget.nodes -= 1;
  if (budget.nodes < 0 || depth > DEPTH) {
    throw new Malformed();
  }
  const fields = record(value);
  const { type } = fields;
  const node: Node = { type: 0, id: id(fields.id) };
  if (fields.rootId !== undefined) {
    node.rootId = id(fields.rootId);
  }
  if (fields.isShadow === true) {
    node.isShadow = true;
  }
  const children = () => list(fields.childNodes).map((child) => readNode(child, budget, depth + 1));
  switch (type) {
    case DOCUMENT:
      return {
        ...node,
        type,
        childNodes: children(),
        ...(fields.compatMode === "BackCompat" && { compatMode: "BackCompat" }),
      };
    case DOCTYPE:
      return { ...node, type, name: "html", publicId: "", systemId: "" };
    case ELEMENT:
      return { ...node, type, ...readElement(fields, children) };
    case TEXT:
      return { ...node, type, textContent: string(fields.textContent) };
    case CDATA:
    case COMMENT:
      return { ...node, type: COMMENT, textContent: "" };
    default:
      throw new Malformed();
  }
}

function readElement(fields: Fields, children: () => Node[]): Partial<Node> {
  const tagName = string(fields.tagName, 100);
  if (!/^[a-z][a-z0-9._-]*$/i.test(tagName)) {
    throw new Malformed();
  }
  // A frame of the page keeps its place: what is in it comes as a document of its own.
  const foreign = isForeign(tagName) && tagName.toLowerCase() !== "iframe";
  const custom = /^[a-z][a-z0-9]*-[a-z0-9-]*$/.test(tagName) && !RESERVED.includes(tagName);
  return {
    tagName: foreign ? "x-foreign" : tagName,
    attributes: readAttributes(tagName, record(fields.attributes)),
    childNodes: isForeign(tagName) ? [] : children(),
    ...(fields.isSVG === true && !foreign && { isSVG: true }),
    ...(fields.isCustom === true && custom && { isCustom: true }),
    ...(fields.isShadowHost === true && !isForeign(tagName) && { isShadowHost: true }),
  };
}

/** Names with a dash that are no custom elements. */
const RESERVED = ["annotation-xml", "color-profile", "font-face", "missing-glyph"];

/** Of attributes that were read, those that an element of this name may carry. */
export function fitting(tag: string, attributes: Attributes): Attributes {
  const fit = Object.entries(attributes).filter(
    ([name]) => name === MASKED || (mayCarry(tag, name) && (!isForeign(tag) || isMeasure(name))),
  );
  // Of links, only style sheets: the others make a browser fetch for itself. What a link is, it is
  // from the start.
  const sheet = attributes.rel === undefined || attributes.rel === "stylesheet";
  return tag.toLowerCase() === "link" && !sheet ? {} : Object.fromEntries(fit);
}

/** `tag` is null where it is not told. */
function readAttributes(tag: string | null, attributes: Fields): Attributes {
  const read: Attributes = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (name === MASKED) {
      read[name] = "";
    } else if (tag !== null || mayCarryAnywhere(name)) {
      const kept = attribute(tag, name, value);
      if (kept !== undefined) {
        read[name] = kept;
      }
    }
  }
  return tag === null ? read : fitting(tag, read);
}

/** What an element of a name that is not told may carry. */
const mayCarryAnywhere = (name: string): boolean =>
  ["a", "img", "input", "option", "textarea", "style", "use"].some((tag) => mayCarry(tag, name)) &&
  name !== "rel";

function attribute(tag: string | null, name: string, value: unknown): Attribute | undefined {
  if (value === null || typeof value === "boolean") {
    return value;
  }
  if (typeof value === "number") {
    return Number.isFinite(value) ? value : undefined;
  }
  if (name === "style" && typeof value === "object") {
    return readStyle(record(value));
  }
  const text = string(value);
  if (LINKS.has(name) || SOURCES.has(name)) {
    return isHarmless(text) ? text : undefined;
  }
  if (name === "rel" && tag === "link") {
    return /\bstylesheet\b/i.test(text) && !/\balternate\b/i.test(text) ? "stylesheet" : "none";
  }
  return isState(name) && !isStateWord(text) ? undefined : text;
}

/** An address of the web, of the same page, or a picture. */
const isHarmless = (address: string): boolean =>
  /^(https?:\/\/|#|data:(image|font)\/)/i.test(address);

function readStyle(diff: Fields): StyleDiff {
  const read: StyleDiff = {};
  for (const [property, value] of Object.entries(diff)) {
    if (!/^[a-z-][a-z0-9_-]*$/i.test(property)) {
      throw new Malformed();
    }
    if (value === false || typeof value === "string") {
      read[property] = value;
    } else {
      const [set, priority] = list(value);
      read[property] = [string(set), priority === "important" ? "important" : ""];
    }
  }
  return read;
}

function readRules(data: Fields): Rules {
  return {
    source: RULES,
    ...sheet(data),
    ...(data.adds !== undefined && { adds: list(data.adds).map(readRule) }),
    ...(data.removes !== undefined && {
      removes: list(data.removes).map((remove) => ({ index: place(record(remove).index) })),
    }),
    ...(data.replace !== undefined && { replace: string(data.replace) }),
    ...(data.replaceSync !== undefined && { replaceSync: string(data.replaceSync) }),
  };
}

function readDeclaration(data: Fields): Declaration {
  const declaration: Declaration = {
    source: DECLARATION,
    ...sheet(data),
    index: list(data.index).map((at) => number(at, 0, NUMBER)),
  };
  if (data.set !== undefined) {
    const { property, value, priority } = record(data.set);
    declaration.set = {
      property: string(property, 200),
      value: value === null ? null : string(value),
      ...(priority === "important" && { priority }),
    };
  }
  if (data.remove !== undefined) {
    declaration.remove = { property: string(record(data.remove).property, 200) };
  }
  return declaration;
}

function readAdopted(data: Fields): Adopted {
  const adopted: Adopted = {
    source: ADOPTED,
    id: id(data.id),
    styleIds: list(data.styleIds).map(id),
  };
  if (data.styles !== undefined) {
    adopted.styles = list(data.styles).map((style) => {
      const { styleId, rules } = record(style);
      return { styleId: id(styleId), rules: list(rules).map(readRule) };
    });
  }
  return adopted;
}

function readRule(value: unknown): Rule {
  const { rule, index } = record(value);
  return { rule: string(rule), ...(index !== undefined && { index: place(index) }) };
}

const sheet = (data: Fields): { id?: number; styleId?: number } => ({
  ...(data.id !== undefined && data.id !== -1 && { id: id(data.id) }),
  ...(data.styleId !== undefined && { styleId: id(data.styleId) }),
});

const place = (value: unknown): number | number[] =>
  Array.isArray(value) ? value.map((at) => number(at, 0, NUMBER)) : number(value, 0, NUMBER);

const size = (width: unknown, height: unknown): { width: number; height: number } => ({
  width: number(width, 1, SIDE),
  height: number(height, 1, SIDE),
});

function record(value: unknown): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Malformed();
  }
  return value as Fields;
}

function list(value: unknown): unknown[] {
  if (!Array.isArray(value)) {
    throw new Malformed();
  }
  return value;
}

function string(value: unknown, limit = Number.POSITIVE_INFINITY): string {
  if (typeof value !== "string" || value.length > limit) {
    throw new Malformed();
  }
  return value;
}

function number(value: unknown, least: number, most: number): number {
  if (typeof value !== "number" || !(value >= least && value <= most)) {
    throw new Malformed();
  }
  return value;
}

function id(value: unknown): number {
  if (!Number.isInteger(value)) {
    throw new Malformed();
  }
  return number(value, 1, NUMBER);
}

function bool(value: unknown): boolean {
  if (typeof value !== "boolean") {
    throw new Malformed();
  }
  return value;
}
