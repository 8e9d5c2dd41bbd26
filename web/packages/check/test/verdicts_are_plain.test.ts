// Every outcome of the check says what it means, and the report says no more than that.

import { describe, expect, test } from "vitest";
import { sortServers } from "../src/servers";
import { type Outcomes, report, verdict } from "../src/verdict";

const ALL: Outcomes = {
  websocket: "open",
  stun: "open",
  udp: "open",
  tcp: "open",
  tls: "open",
  channel: "open",
};
const no = { stun: "blocked", udp: "blocked", tcp: "blocked" } as const;
const off = { udp: "off", tcp: "off", tls: "off" } as const;

describe("a verdict", () => {
  test.each<[string, Partial<Outcomes>, boolean, RegExp]>([
    ["all is open", {}, true, /all is well/i],
    ["no WebSocket", { websocket: "blocked" }, false, /WebSockets/],
    ["no WebRTC", { channel: "blocked" }, false, /another browser/],
    ["no UDP", { stun: "blocked", udp: "blocked" }, true, /TCP relay/],
    ["nothing but web traffic", no, true, /nothing but web traffic.*TLS relay/],
    ["no relay gets through", { ...no, stun: "open", tls: "blocked" }, false, /blocks the relay/],
    [
      "no relay gets through, and STUN is not known",
      { ...no, stun: "unknown", tls: "blocked" },
      false,
      /blocks the relay/,
    ],
    ["nothing gets through", { ...no, tls: "blocked" }, false, /blocks every way/],
    ["a node without a relay", off, true, /direct paths only/i],
    ["neither relay nor direct", { ...off, stun: "blocked" }, false, /no relay/],
    ["UDP only, and blocked", { ...no, tcp: "off", tls: "off" }, false, /every way/],
  ])("where %s", (_, some, works, text) => {
    const told = verdict({ ...ALL, ...some });
    expect(told.works).toBe(works);
    expect(told.text).toMatch(text);
  });
});

test("a report has a line for each test and the verdict", () => {
  const text = report({ ...ALL, udp: "blocked", tls: "off" });
  expect(text).toContain("Relay over UDP: blocked");
  expect(text).toContain("Relay over TLS: not offered here");
  expect(text.split("\n")).toHaveLength(8);
});

test("servers are told apart by what carries them", () => {
  const turn = { username: "u", credential: "c" };
  const sorted = sortServers([
    { urls: ["stun:h:3478"] },
    {
      urls: [
        "turn:h",
        "turn:h?transport=tcp",
        "turns:h:443?transport=tcp",
        "turns:h?transport=udp",
      ],
      ...turn,
    },
    { urls: ["turn:second"], ...turn },
  ]);
  expect(sorted).toEqual({
    stun: { urls: ["stun:h:3478"] },
    udp: { urls: ["turn:h"], ...turn },
    tcp: { urls: ["turn:h?transport=tcp"], ...turn },
    tls: { urls: ["turns:h:443?transport=tcp"], ...turn },
  });
});
