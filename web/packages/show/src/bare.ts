// What an element is, whatever its page calls the fields of a form: a form gives out its field of the
// id `closest` in place of its own `closest`, and a document an image of the name `defaultView`.

export const closest = (element: Element, selectors: string): Element | null =>
  Element.prototype.closest.call(element, selectors);

export const matches = (element: Element, selectors: string): boolean =>
  Element.prototype.matches.call(element, selectors);

export const attribute = (element: Element, name: string): string | null =>
  Element.prototype.getAttribute.call(element, name);

export const boxOf = (element: Element): DOMRect =>
  Element.prototype.getBoundingClientRect.call(element);

export const rootOf = (node: Node): Node => Node.prototype.getRootNode.call(node);

export const parentOf = (node: Node): Element | null =>
  Reflect.get(Node.prototype, "parentElement", node);

export const shadowOf = (element: Element): ShadowRoot | null =>
  Reflect.get(Element.prototype, "shadowRoot", element);

export const documentOf = (element: Element): Document | null =>
  Reflect.get(Node.prototype, "ownerDocument", element);

export const isThere = (node: Node): boolean => Reflect.get(Node.prototype, "isConnected", node);

export const parentNodeOf = (node: Node): Node | null =>
  Reflect.get(Node.prototype, "parentNode", node);

export const kindOf = (node: Node): number => Reflect.get(Node.prototype, "nodeType", node);

export const viewOf = (document: Document): Window | null =>
  Reflect.get(Document.prototype, "defaultView", document);
