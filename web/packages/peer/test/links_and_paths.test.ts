import type { Path } from "@isession/protocol";
import { expect, test } from "vitest";
import { type Connection, connectionText, linkify, pathOf } from "../src/index";

test.each([
  ["no link here", ["no link here"]],
  [
    "see https://shop.example/a?b=c.",
    ["see ", { href: "https://shop.example/a?b=c", text: "https://shop.example/a?b=c" }, "."],
  ],
  [
    "(http://shop.example)",
    ["(", { href: "http://shop.example/", text: "http://shop.example" }, ")"],
  ],
  ["javascript:alert(1)", ["javascript:alert(1)"]],
  ["https://", ["https://"]],
  ["https://bank.example@evil.example/", ["https://bank.example@evil.example/"]],
  [
    'https://a.example/"onclick="x',
    [{ href: "https://a.example/", text: "https://a.example/" }, '"onclick="x'],
  ],
])("links in %s", (text, pieces) => {
  expect(linkify(text)).toEqual(pieces);
});

test("no text takes long", () => {
  const text = `https://${".".repeat(16_000)}a`;
  expect(
    linkify(text)
      .map((piece) => (typeof piece === "string" ? piece : piece.text))
      .join(""),
  ).toBe(text);
});

const report = (stats: Record<string, object>) =>
  new Map(Object.entries(stats)) as unknown as RTCStatsReport;
const chosen = (local: object, remote: object) =>
  report({
    T: { type: "transport", selectedCandidatePairId: "P" },
    P: { type: "candidate-pair", localCandidateId: "L", remoteCandidateId: "R" },
    L: local,
    R: remote,
  });

test.each([
  [{ candidateType: "host" }, { candidateType: "prflx" }, "direct"],
  [{ candidateType: "srflx" }, { candidateType: "relay" }, "relayed_udp"],
  [{ candidateType: "relay", relayProtocol: "udp" }, { candidateType: "host" }, "relayed_udp"],
  [{ candidateType: "relay", relayProtocol: "tcp" }, { candidateType: "host" }, "relayed_tcp"],
  [{ candidateType: "relay", relayProtocol: "tls" }, { candidateType: "host" }, "relayed_tls"],
])("a path of %o and %o", (local, remote, path) => {
  expect(pathOf(chosen(local, remote))).toBe(path);
});

test("without a transport, the pair that Firefox marks counts", () => {
  const pair = { type: "candidate-pair", state: "succeeded", localCandidateId: "L" };
  const stats = {
    other: { ...pair, nominated: true, remoteCandidateId: "relay" },
    chosen: { ...pair, selected: true, remoteCandidateId: "host" },
    L: { candidateType: "host" },
    relay: { candidateType: "relay" },
    host: { candidateType: "host" },
  };
  expect(pathOf(report(stats))).toBe("direct");
  expect(pathOf(report({}))).toBeNull();
});

test.each<[Connection, Path | null, string]>([
  ["connecting", null, "connecting …"],
  ["open", null, "Connected"],
  ["open", "direct", "Connected: direct"],
  ["open", "relayed_udp", "Connected: relayed (UDP)"],
  ["open", "relayed_tcp", "Connected: relayed (TCP)"],
  ["open", "relayed_tls", "Connected: relayed (TLS)"],
  ["reconnecting", "direct", "reconnecting …"],
  ["ended", "direct", "ended"],
])("a connection that is %s by %s reads as %s on both sides", (connection, path, text) => {
  expect(connectionText(connection, path)).toBe(text);
});
