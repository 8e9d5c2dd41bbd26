// Which servers to try for which test. Pure.

import type { IceServer } from "@isession/protocol";
import type { Test } from "./verdict";

export type Servers = Partial<Record<Test, IceServer>>;

/** The first server for each test, with its one URL. */
export function sortServers(ice: readonly IceServer[]): Servers {
  const sorted: Servers = {};
  for (const server of ice) {
    for (const url of server.urls) {
      const test = testOf(url);
      if (test) {
        sorted[test] ??= { ...server, urls: [url] };
      }
    }
  }
  return sorted;
}

/** Without a transport in it, a URL means UDP, and TLS over TCP (RFC 7065, section 3.1). */
function testOf(url: string): Test | null {
  const transport = /[?&]transport=(\w+)/.exec(url)?.[1];
  if (url.startsWith("stun:")) {
    return "stun";
  }
  if (url.startsWith("turns:")) {
    return transport === undefined || transport === "tcp" ? "tls" : null;
  }
  if (url.startsWith("turn:")) {
    return transport === "tcp" ? "tcp" : "udp";
  }
  return null;
}
