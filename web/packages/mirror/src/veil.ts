// What of a page the agent may see: judged on the page itself, at the moment something travels.

import { attribute, kindOf, matches, parentNodeOf, viewOf } from "@isession/show/bare";

/** How much of a node may be seen; the larger the number, the less. */
export const Veil = {
  Shown: 0,
  /** Its shape, and a mask for every text. */
  Masked: 1,
  /** That it is there, and nothing in it: what people type into has a shape that tells. */
  Closed: 2,
  /** A box of its size. */
  Blocked: 3,
} as const;
export type Veil = (typeof Veil)[keyof typeof Veil];

/** Widgets that people type into although no browser knows them as fields. */
const EDITORS = [
  "[contenteditable]:not([contenteditable='false' i])",
  "[role='textbox' i]",
  "[role='searchbox' i]",
  "[role='spinbutton' i]",
  ".CodeMirror, .cm-editor, .monaco-editor, .ace_editor, .xterm, .ql-editor, .ProseMirror",
  "output, datalist",
].join(", ");

const LABELS = ["submit", "reset", "button", "image"];

/** What fields that are no business of an agent's are called, in whatever attribute. */
const SECRET =
  /pass(?!enger)|pwd|kennwort|contrase|\b(pin|tan|ssn)\b|cvv|cvc|csc|card.?n|\bcc.?(n|e)|iban|social.?sec|secret|token|csrf|otp|one.?time|sms.?code|2fa|mfa|security.?code/i;
const SECRET_FILL = /password|cc-|one-time-code|transaction-/i;

/** The parent in the tree that people see: out of shadow roots and frames. */
function above(node: Node): Node | null {
  const kind = kindOf(node);
  if (kind === 11) {
    return (node as ShadowRoot).host ?? null;
  }
  if (kind === 9) {
    try {
      return viewOf(node as Document)?.frameElement ?? null;
    } catch {
      return null;
    }
  }
  return parentNodeOf(node);
}

const isElement = (node: Node): node is Element => kindOf(node) === 1;
const has = (element: Element, name: string): boolean => attribute(element, name) !== null;

/** What is remembered of fields outlives the mirrors of a page: one ends, and another may begin. */
interface Remembered {
  /** Fields that once were passwords, and the names they went by. */
  secret: WeakSet<Element>;
  names: Set<string>;
  /** Buttons that once were fields. */
  typed: WeakSet<Element>;
}

const remembered: Remembered = { secret: new WeakSet(), names: new Set(), typed: new WeakSet() };

export class Veils {
  readonly #unmask: string | null;
  readonly #ours: string;
  #known = new WeakMap<Node, Veil>();

  /** `ours` selects our own elements in the page, which are no part of it. */
  constructor(unmask: readonly string[], ours: string, document: Document) {
    this.#ours = ours;
    const valid = unmask.filter((selector) => {
      try {
        document.createDocumentFragment().querySelector(selector);
        return selector.trim() !== "";
      } catch {
        return false;
      }
    });
    this.#unmask = valid.length > 0 ? valid.join(", ") : null;
  }

  /** The page may have changed since it was last looked at. */
  forget(): void {
    this.#known = new WeakMap();
  }

  /** How much of this node may be seen. */
  of(node: Node): Veil {
    const known = this.#known.get(node);
    if (known !== undefined) {
      return known;
    }
    const outer = this.around(node);
    const veil = isElement(node) ? (Math.max(outer, this.#own(node)) as Veil) : outer;
    this.#known.set(node, veil);
    return veil;
  }

  isOurs(element: Element): boolean {
    return matches(element, this.#ours);
  }

  /** What is around this node lets so much of it be seen. */
  around(node: Node): Veil {
    const parent = above(node);
    return parent ? this.inside(parent) : Veil.Shown;
  }

  /** The value of this field may be seen. */
  showsValue(field: Element): boolean {
    if (this.of(field) !== Veil.Shown) {
      return false;
    }
    if (isLabel(field) && !remembered.typed.has(field)) {
      return true;
    }
    return !this.isSecret(field) && this.#unmasked(field);
  }

  /** Whatever the site says: passwords, cards and what is hidden stay where they are. */
  isSecret(field: Element): boolean {
    this.#remember(field);
    const type = typeOf(field);
    if (remembered.secret.has(field) || type === "hidden" || type === "file") {
      return true;
    }
    if (SECRET_FILL.test(attribute(field, "autocomplete") ?? "")) {
      return true;
    }
    const names = ["name", "id", "aria-label", "placeholder", "title"].map(
      (name) => attribute(field, name) ?? "",
    );
    return names.some((name) => name !== "" && (remembered.names.has(name) || SECRET.test(name)));
  }

  /** How much of what is in this node may be seen. */
  inside(node: Node): Veil {
    const veil = this.of(node);
    if (!isElement(node)) {
      if (kindOf(node) === 9 && (node as Document).designMode === "on") {
        return Math.max(veil, Veil.Closed) as Veil;
      }
      return veil;
    }
    const tag = node.localName;
    if (tag === "textarea") {
      return Math.max(veil, Veil.Closed) as Veil;
    }
    if (tag === "select" && !this.showsValue(node)) {
      return Math.max(veil, Veil.Masked) as Veil;
    }
    return veil;
  }

  #own(element: Element): Veil {
    if (has(element, "data-isession-block") || this.isOurs(element)) {
      return Veil.Blocked;
    }
    if (has(element, "data-isession-mask")) {
      return Veil.Masked;
    }
    if (isField(element)) {
      this.#remember(element);
      return Veil.Shown;
    }
    const { isContentEditable, editContext } = element as HTMLElement & { editContext?: unknown };
    const editor = matches(element, EDITORS) || isContentEditable || Boolean(editContext);
    return editor && !this.#unmasked(element) ? Veil.Closed : Veil.Shown;
  }

  #unmasked(element: Element): boolean {
    if (this.#unmask === null) {
      return false;
    }
    for (let node: Node | null = element; node; node = above(node)) {
      if (isElement(node) && matches(node, this.#unmask)) {
        return true;
      }
    }
    return false;
  }

  /** A field stays what it once was: "show password" only turns its type. */
  #remember(field: Element): void {
    if (typeOf(field) === "password" || has(field, "data-rr-is-password")) {
      remembered.secret.add(field);
      for (const name of [attribute(field, "name"), field.id]) {
        if (name && remembered.names.size < 1000) {
          remembered.names.add(name);
        }
      }
    }
    if (!isLabel(field)) {
      remembered.typed.add(field);
    }
  }
}

/** Something that holds a value of the visitor's. */
export const isField = (element: Element): boolean =>
  ["input", "textarea", "select"].includes(element.localName);

export const typeOf = (field: Element): string =>
  (attribute(field, "type") ?? "").trim().toLowerCase();

/** A button: its value is the page's text. */
const isLabel = (field: Element): boolean =>
  field.localName === "input" && LABELS.includes(typeOf(field));
