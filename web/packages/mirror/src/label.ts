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

/** What may be known of a page. */
export interface Sight {
  /** What an element says. */
  text(element: Element): string;
  /** Whether its attributes may be read. */
  shows(element: Element): boolean;
}

const ALL: Sight = { text: (element) => element.textContent ?? "", shows: () => true };

export function labelOf(element: Element, { text, shows }: Sight = ALL): string {
  const named = element.closest("a, button, input, textarea, select, label, h1, h2, h3") ?? element;
  const tag = named.localName;
  const button =
    tag === "input" && /^(submit|button|reset)$/.test(named.getAttribute("type") ?? "");
  const kind = button ? "button" : (KINDS[tag] ?? "");
  const attribute = button ? "value" : "alt";
  const field = ["input", "textarea", "select"].includes(tag);
  const [label] = (field && (named as HTMLInputElement).labels) || [];
  const says =
    (shows(named) ? named.getAttribute(attribute) : null) ??
    (field ? label && text(label) : text(named)) ??
    "";
  const words = says.replace(/\s+/g, " ").trim();
  const short = words.length > LENGTH ? `${words.slice(0, LENGTH)}…` : words;
  return [kind, short].filter((part) => part !== "").join(": ") || tag;
}
