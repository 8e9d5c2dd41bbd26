// Elements without innerHTML: nothing that anybody says is ever read as markup.

type Attributes = Record<string, string | boolean | ((event: Event) => void) | undefined>;
type Child = Node | string | null | false | undefined;

/** An element with attributes, listeners (`onclick` ...) and children. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") {
      element.addEventListener(name.slice(2), value);
    } else if (value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? "" : value);
    }
  }
  element.append(...children.filter((child): child is Node | string => !!child));
  return element;
}

export const button = (label: string, run: () => void, attributes: Attributes = {}) =>
  h("button", { type: "button", onclick: run, ...attributes }, label);

/** Sets text only if it changed: screen readers repeat what is set again. */
export function tell(element: HTMLElement, text: string): void {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}
