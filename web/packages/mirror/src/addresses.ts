// What is left of the addresses in a page before they travel.

/** Data that is a picture or a font, and short enough to be part of a page. */
const DATA = /^data:(image\/(png|jpeg|gif|webp|avif|svg\+xml|x-icon)|font\/[\w-]+)[;,]/i;

/** An address to go to: no user name, no fragment, and of the query what the site lets be shown. */
export function reduceLink(address: string, base: string, query: readonly string[]): string | null {
  const url = parse(address, base);
  if (!url || !/^https?:$/.test(url.protocol)) {
    return null;
  }
  url.username = url.password = url.hash = "";
  for (const name of new Set(url.searchParams.keys())) {
    if (!query.includes(name)) {
      url.searchParams.delete(name);
    }
  }
  return url.href;
}

/** An address to load from: whole if the site itself serves it, else nothing. */
export function ownSource(
  address: string,
  base: string,
  origins: readonly string[],
): string | null {
  if (DATA.test(address.trim())) {
    return address.trim();
  }
  const url = parse(address, base);
  // The origin of a `blob:` address is that of the page as well.
  const web = url && /^https?:$/.test(url.protocol) && url.username + url.password === "";
  if (!web || !origins.includes(url.origin)) {
    return null;
  }
  url.hash = "";
  return url.href;
}

/** Pictures to choose from; all of them, or none. */
export function ownSources(set: string, base: string, origins: readonly string[]): string | null {
  const own: string[] = [];
  for (const [, address = "", size = ""] of set.matchAll(/([^\s,]\S*[^\s,])(\s+[\d.]+[wx])?/g)) {
    const source = ownSource(address, base, origins);
    if (source === null) {
      return null;
    }
    own.push(source + size);
  }
  return own.length > 0 ? own.join(", ") : null;
}

/**
 * A style sheet without addresses of others, and, in the style of one element, without texts: what
 * a page writes there of its visitor is no look.
 */
export function reduceCss(
  css: string,
  base: string,
  origins: readonly string[],
  { inline = false } = {},
): string {
  const source = (address: string): string =>
    address.startsWith("#") ? address : (ownSource(address, base, origins) ?? "about:blank");
  const quoted = (address: string): string => `"${source(address).replaceAll('"', "%22")}"`;
  const text = inline ? css.replace(/(--[\w-]+|content)\s*:[^;]*["'][^;]*/gi, "$1:none") : css;
  return text
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(
      /url\(\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|((?:[^\s"'()\\]|\\.)*))\s*\)/gi,
      (_, a?: string, b?: string, c?: string) => `url(${quoted(plain(a ?? b ?? c ?? ""))})`,
    )
    .replace(
      /(@import\s+|src\(\s*|(?:-webkit-)?image-set\(\s*)(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')/gi,
      (_, head: string, a?: string, b?: string) => head + quoted(plain(a ?? b ?? "")),
    );
}

/** CSS without its escapes. */
const plain = (text: string): string =>
  text.replace(/\\([0-9a-f]{1,6})\s?|\\(.)/gi, (_, code?: string, char?: string) =>
    code === undefined ? (char ?? "") : String.fromCodePoint(codePoint(code)),
  );

const codePoint = (hex: string): number => {
  const code = Number.parseInt(hex, 16);
  return code > 0x10ffff ? 0xfffd : code;
};

function parse(address: string, base: string): URL | null {
  try {
    return new URL(address, base);
  } catch {
    return null;
  }
}
