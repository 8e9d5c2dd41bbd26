// The connection check: what this browser's network lets through to this node.

import { type IceServer, SUBPROTOCOL } from "@isession/protocol";
import { channel, relay, stun, webSocket } from "./probes";
import { type Servers, sortServers } from "./servers";
import "./style.css";
import {
  meaning,
  NAMES,
  OUTCOMES,
  type Outcome,
  type Outcomes,
  report,
  TESTS,
  type Test,
  verdict,
} from "./verdict";

const byId = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
const result = byId("result");
const copied = byId("copied");
const again = byId<HTMLButtonElement>("again");
const copy = byId<HTMLButtonElement>("copy");

/** A line for each test: its name, its outcome, what that means. */
const lines = new Map(
  TESTS.map((test) => {
    const [line, name, outcome, why] = ["li", "strong", "span", "small"].map((tag) =>
      document.createElement(tag),
    ) as [HTMLElement, HTMLElement, HTMLElement, HTMLElement];
    name.textContent = NAMES[test];
    line.append(name, " ", outcome, why);
    byId("tests").append(line);
    return [test, { line, outcome, why }];
  }),
);

let outcomes: Outcomes;

function show(test: Test, outcome: Outcome): void {
  outcomes[test] = outcome;
  const line = lines.get(test);
  if (line) {
    line.line.dataset.outcome = outcome;
    line.outcome.textContent = OUTCOMES[outcome];
    line.why.textContent = meaning(test, outcome);
  }
}

/** Where to try; `null` when the node does not say. */
async function askServers(): Promise<IceServer[] | string> {
  const answer = await fetch("/v1/check", { method: "POST" }).catch(() => null);
  if (answer?.ok) {
    return ((await answer.json()) as { ice: IceServer[] }).ice;
  }
  return answer?.status === 429
    ? "There were many checks from your network just now. Try again in a minute."
    : "The node does not answer. Try again in a minute.";
}

const own = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/v1/visitor`;

async function tryOut(test: Test, servers: Servers): Promise<Outcome> {
  const server = servers[test];
  const open = (is: boolean | null): Outcome => (is === null ? "unknown" : is ? "open" : "blocked");
  switch (test) {
    case "websocket":
      return open(await webSocket(own, SUBPROTOCOL));
    case "channel":
      return open(await channel());
    case "stun":
      return server ? open(await stun(server)) : "off";
    default:
      return server ? open(await relay(server)) : "off";
  }
}

async function run(): Promise<void> {
  again.disabled = true;
  copy.disabled = true;
  copied.textContent = "";
  delete result.dataset.works;
  outcomes = Object.fromEntries(TESTS.map((test) => [test, "waiting"])) as Outcomes;
  for (const test of TESTS) {
    show(test, "waiting");
  }
  result.textContent = "Checking …";
  const ice = await askServers();
  if (typeof ice === "string") {
    result.textContent = ice;
  } else {
    const servers = sortServers(ice);
    for (const test of TESTS) {
      show(test, "running");
      // A browser that has no WebRTC at all throws.
      show(test, await tryOut(test, servers).catch(() => "blocked" as const));
    }
    const { works, text } = verdict(outcomes);
    result.dataset.works = String(works);
    result.textContent = text;
    copy.disabled = false;
  }
  again.disabled = false;
}

again.addEventListener("click", () => void run());
copy.addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(report(outcomes));
    copied.textContent = "The report is copied.";
  } catch {
    copied.textContent = "This browser does not let the page copy; select the text instead.";
  }
});
void run();
