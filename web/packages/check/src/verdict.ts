// What the outcomes of the tests mean, in plain words. Pure.

/** What is tried, in this order. */
export const TESTS = ["websocket", "stun", "udp", "tcp", "tls", "channel"] as const;
export type Test = (typeof TESTS)[number];

/** `off`: this node does not offer it. `unknown`: this browser does not tell. */
export type Outcome = "waiting" | "running" | "open" | "blocked" | "unknown" | "off";
export type Outcomes = Record<Test, Outcome>;

export const NAMES: Record<Test, string> = {
  websocket: "WebSocket",
  stun: "Direct paths (STUN)",
  udp: "Relay over UDP",
  tcp: "Relay over TCP",
  tls: "Relay over TLS",
  channel: "Data channels in this browser",
};

const MEANS: Record<Test, string> = {
  websocket: "How the help window talks with the node. Some proxies cut it off.",
  stun: "Without it your browser cannot learn how others reach it.",
  udp: "Used where no direct path is found.",
  tcp: "Used where UDP is blocked.",
  tls: "Looks like any web page; used where nothing else gets through.",
  channel:
    "Without them this browser cannot be connected with anybody. A setting or an extension may have switched them off.",
};

export const OUTCOMES: Record<Outcome, string> = {
  waiting: "not tried yet",
  running: "being tried …",
  open: "open",
  blocked: "blocked",
  unknown: "not known: this browser does not tell",
  off: "not offered here",
};

/** Why an outcome matters; nothing where all is well. */
export const meaning = (test: Test, outcome: Outcome): string =>
  outcome === "blocked" ? MEANS[test] : "";

/** Whether sessions work, and what to know of it. */
export interface Verdict {
  works: boolean;
  text: string;
}

export function verdict(of: Outcomes): Verdict {
  const relays = (["udp", "tcp", "tls"] as const).filter((relay) => of[relay] !== "off");
  const open = relays.find((relay) => of[relay] === "open");
  const no = (text: string): Verdict => ({ works: false, text });
  const yes = (text: string): Verdict => ({ works: true, text });
  if (of.websocket !== "open") {
    return no(
      "Your network blocks WebSockets, so the help window cannot reach this node. " +
        "Ask whoever runs your network to let WebSockets through to this site.",
    );
  }
  if (of.channel !== "open") {
    return no(
      "This browser does not make data channels (WebRTC), so nobody can be connected with you. " +
        "Try another browser, or switch off the extension or setting that prevents it.",
    );
  }
  if (relays.length === 0) {
    const strict = "This node has no relay: where two strict networks meet, no session comes up.";
    return of.stun === "blocked"
      ? no(`Your network lets no direct paths through. ${strict}`)
      : yes(`Direct paths only. ${strict}`);
  }
  switch (open) {
    case "udp":
      return yes(
        "All is well: sessions go directly where that is possible, and by relay elsewhere.",
      );
    case "tcp":
      return yes(
        "Your network blocks the usual way (UDP): sessions will go by TCP relay. Fine, a bit slower.",
      );
    case "tls":
      return yes(
        "Your network lets nothing but web traffic out: sessions will go by TLS relay. " +
          "Fine, a bit slower.",
      );
    case undefined:
      return of.stun === "open" || of.stun === "unknown"
        ? no(
            "Your network blocks the relay. Sessions work only where a direct path is found, " +
              "which is not sure. Ask whoever runs your network, or try another.",
          )
        : no(
            "Your network blocks every way that sessions could take. " +
              "Ask whoever runs your network, or try another, such as a phone's.",
          );
  }
}

/** The report that is copied: outcomes and nothing that points at anybody. */
export function report(of: Outcomes): string {
  const lines = TESTS.map((test) => `${NAMES[test]}: ${OUTCOMES[of[test]]}`);
  return ["iSession connection check", ...lines, verdict(of).text].join("\n");
}
