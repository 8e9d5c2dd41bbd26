// Whether the visitor's own code lets a lead through. The check sees names, not what they
// resolve to: a public name that points into a private network is not caught here.

import { type Blocked, bytes, type LeadPolicy, LIMITS } from "@isession/protocol";

export type Verdict =
  | {
      ok: true;
      url: URL;
      /** As shown to the visitor: punycode, with a port if any. */
      host: string;
    }
  | { ok: false; why: Blocked };

/**
 * Names that lead into the visitor's own network: special-use names (RFC 6761, 6762, 8375, 9476)
 * and what home routers and offices use without asking anybody.
 */
const LOCAL =
  /(^|\.)(local|localhost|localdomain|internal|intranet|private|corp|home|lan|home\.arpa|test|invalid|onion|alt)$/;

/** [prefix, its bits] of IPv4 ranges outside the public internet (IANA special-purpose registry). */
const PRIVATE: [number, number][] = [
  [0x00, 8],
  [0x0a, 8],
  [0x6440 >> 6, 10],
  [0x7f, 8],
  [0xa9fe, 16],
  [0xac10 >> 4, 12],
  [0xc00000, 24],
  [0xc00002, 24],
  [0xc05863, 24],
  [0xc0a8, 16],
  [0xc612 >> 1, 15],
  [0xc63364, 24],
  [0xcb0071, 24],
  [0xe0 >> 5, 3],
];

const isPrivate4 = (ip: number): boolean =>
  PRIVATE.some(([prefix, bits]) => ip >>> (32 - bits) === prefix);

/** The URL parser has brought every spelling of an IPv4 address to four decimal parts. */
const parse4 = (host: string): number | null => {
  const parts = /^(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(host);
  return parts ? parts.slice(1).reduce((ip, part) => ip * 256 + Number(part), 0) : null;
};

/** Eight groups of an IPv6 address as the URL parser writes it: `::` at most once, no dots. */
const parse6 = (host: string): number[] => {
  const [head = "", tail] = host.slice(1, -1).split("::");
  const groups = (text: string) =>
    text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
  const first = groups(head);
  const last = groups(tail ?? "");
  return tail === undefined
    ? first
    : [...first, ...Array(8 - first.length - last.length).fill(0), ...last];
};

/** Only global unicast (2000::/3) is public, and not where it carries another address inside. */
const isPrivate6 = (g: number[]): boolean => {
  const [a = 0, b = 0, c = 0] = g;
  const embedded = (high: number) => (g[high] ?? 0) * 65536 + (g[high + 1] ?? 0);
  if (a === 0x64 && b === 0xff9b && c === 0 && !g[3] && !g[4] && !g[5]) {
    return isPrivate4(embedded(6)); // NAT64 (RFC 6052)
  }
  if (a === 0x2002) {
    return isPrivate4(embedded(1)); // 6to4 (RFC 3056)
  }
  if (a >> 13 !== 1) {
    return true;
  }
  // Teredo, ORCHID, benchmarking and others of 2001::/23; documentation.
  return (a === 0x2001 && (b < 0x200 || b === 0xdb8)) || (a === 0x3fff && b < 0x1000);
};

const isLoopback = (host: string): boolean =>
  /(^|\.)localhost$/.test(host) || /^127\.\d+\.\d+\.\d+$/.test(host) || host === "[::1]";

/** What the host is refused for, if for anything. */
const judgeHost = (host: string): Blocked | null => {
  if (host.startsWith("[")) {
    return isPrivate6(parse6(host)) ? "private_address" : null;
  }
  const ip = parse4(host);
  if (ip !== null) {
    return isPrivate4(ip) ? "private_address" : null;
  }
  return host.includes(".") && !LOCAL.test(host) ? null : "local_name";
};

export function judgeLead(text: string, policy: LeadPolicy): Verdict {
  const no = (why: Blocked): Verdict => ({ ok: false, why });
  if (bytes(text) > LIMITS.url) {
    return no("too_long");
  }
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return no("malformed");
  }
  if (url.protocol !== "https:" && !(policy.development && url.protocol === "http:")) {
    return no("scheme");
  }
  if (url.username !== "" || url.password !== "") {
    return no("credentials");
  }
  // A trailing dot names the same host and would slip past comparisons.
  const host = url.hostname.replace(/\.$/, "");
  // Chromium leaves what no host may hold in it, percent-encoded.
  if (host === "" || host.endsWith(".") || host.includes("%")) {
    return no("malformed");
  }
  const why = policy.development && isLoopback(host) ? null : judgeHost(host);
  if (why) {
    return no(why);
  }
  const { allow, deny } = policy;
  if (listed(deny, host) || (allow.length > 0 && !listed(allow, host))) {
    return no("not_allowed");
  }
  return { ok: true, url, host: url.host };
}

/** Whether a lead to this address is asked for whatever the visitor allowed for the session. */
export const alwaysAsks = ({ hostname }: URL, { confirm }: LeadPolicy): boolean =>
  listed(confirm, hostname.replace(/\.$/, ""));

/** `*.shop.example` is every name below `shop.example`, and not that name itself. */
const listed = (patterns: readonly string[], host: string): boolean =>
  patterns.some((pattern) => {
    const parent = pattern.slice(1);
    return pattern.startsWith("*")
      ? host.length > parent.length && host.endsWith(parent)
      : host === pattern;
  });
