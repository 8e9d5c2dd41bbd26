// The part of rrweb's events that a mirror is made of. Everything else that rrweb tells (pointer,
// selection, media, canvas, logs) never becomes a type here, so that it cannot travel.

export const FULL = 2;
export const INCREMENTAL = 3;
export const META = 4;

export const MUTATION = 0;
export const SCROLL = 3;
export const RESIZE = 4;
export const INPUT = 5;
export const RULES = 8;
export const DECLARATION = 13;
export const ADOPTED = 15;

export const DOCUMENT = 0;
export const DOCTYPE = 1;
export const ELEMENT = 2;
export const TEXT = 3;
export const CDATA = 4;
export const COMMENT = 5;

/** What stands for a text that the agent may not read, however long it is. */
export const MASK = "•••••";

/** Our own attribute on an element whose contents were left out. */
export const MASKED = "data-isession-masked";

export type StyleDiff = Record<string, string | false | readonly [string, string]>;
export type Attribute = string | number | boolean | null | StyleDiff;
export type Attributes = Record<string, Attribute>;

export interface Node {
  type: number;
  id: number;
  rootId?: number;
  isShadow?: boolean;
  isShadowHost?: boolean;
  /** Documents. */
  compatMode?: string;
  /** Document types. */
  name?: string;
  publicId?: string;
  systemId?: string;
  /** Elements. */
  tagName?: string;
  attributes?: Attributes;
  isSVG?: boolean;
  isCustom?: boolean;
  childNodes?: Node[];
  /** Texts and comments. */
  textContent?: string;
}

export interface Rule {
  rule: string;
  index?: number | number[];
}

export interface Mutation {
  source: typeof MUTATION;
  texts: { id: number; value: string | null }[];
  attributes: { id: number; attributes: Attributes }[];
  removes: { parentId: number; id: number; isShadow?: boolean }[];
  adds: { parentId: number; nextId: number | null; node: Node }[];
  isAttachIframe?: boolean;
}

export interface Rules {
  source: typeof RULES;
  id?: number;
  styleId?: number;
  adds?: Rule[];
  removes?: { index: number | number[] }[];
  replace?: string;
  replaceSync?: string;
}

export interface Declaration {
  source: typeof DECLARATION;
  id?: number;
  styleId?: number;
  index: number[];
  set?: { property: string; value: string | null; priority?: string };
  remove?: { property: string };
}

export interface Adopted {
  source: typeof ADOPTED;
  id: number;
  styleIds: number[];
  styles?: { styleId: number; rules: Rule[] }[];
}

export type Increment =
  | Mutation
  | { source: typeof SCROLL; id: number; x: number; y: number }
  | { source: typeof RESIZE; width: number; height: number }
  | { source: typeof INPUT; id: number; text: string; isChecked: boolean }
  | Rules
  | Declaration
  | Adopted;

export type MirrorEvent =
  | { type: typeof META; timestamp: number; data: { href: string; width: number; height: number } }
  | {
      type: typeof FULL;
      timestamp: number;
      data: { node: Node; initialOffset: { left: number; top: number } };
    }
  | { type: typeof INCREMENTAL; timestamp: number; data: Increment };

/** What one batch on the wire says. */
export interface Batch {
  /** The life of the page whose node ids are meant. */
  view: string;
  /** Begins with a full snapshot: whatever was shown before is void. */
  first: boolean;
  events: MirrorEvent[];
}
