/** What people call an element: its kind, and what it says. */

const KINDS: Record<string, string> = {
  a: "link",
  button: "button",
  img: "image",
  input: "field",
  textarea: "field",
  select: "choice",
  h1: "heading",
  h2: "heading",
  h3: "heading",
  label: "label",
  svg: "image",
};

const LENGTH = 80;

export function labelOf(element: Element): string {
  const named = element.closest("a, button, input, textarea, select, label, h1, h2, h3") ?? element;
  const tag = named.localName;
  const button =
    tag === "input" && /^(submit|button|reset)$/.test(named.getAttribute("type") ?? "");
  const kind = button ? "button" : (KINDS[tag] ?? "");
  const says =
    (button ? named.getAttribute("value") : null) ??
    named.getAttribute("alt") ??
    named.textContent ??
    "";
  const text = says.replace(/\s+/g, " ").trim();
  const short = text.length > LENGTH ? `${text.slice(0, LENGTH)}…` : text;
  return [kind, short].filter((part) => part !== "").join(": ") || tag;
}
