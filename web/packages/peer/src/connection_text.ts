// How a connection is, as people read it.

import type { Path } from "@isession/protocol";
import type { Connection } from "./core_words";

const PATH_NAMES: Record<Path, string> = {
  direct: "direct",
  relayed_udp: "relayed (UDP)",
  relayed_tcp: "relayed (TCP)",
  relayed_tls: "relayed (TLS)",
  unknown: "connected",
};

/** A session's connection as both sides read it: these words are a contract. */
export function connectionText(connection: Connection, path: Path | null): string {
  switch (connection) {
    case "open":
      return path ? `Connected: ${PATH_NAMES[path]}` : "Connected";
    case "ended":
      return "ended";
    default:
      return `${connection} …`;
  }
}
