// Two people talk, and everything breaks that can:
//
//   node chaos.mjs [--faults N] [--seed S] [--blackhole MS] [--pair NAME]
//
// Exit code 1 when anything on `talk` was lost, doubled or reordered, when `bulk` had a gap within
// one life of a connection, or when a session did not come back.

import { parseArgs } from "node:util";
import { startCloud } from "../netlab/cloud.mjs";
import { openLab, whyNoLab } from "../netlab/lab.mjs";
import { chromiumAgent, chromiumVisitor } from "./chromium.mjs";
import { firefoxVisitor } from "./firefox.mjs";
import { add } from "./judge.mjs";
import { kindsFor, plan } from "./plan.mjs";
import { programAgent, programVisitor } from "./program.mjs";
import { failures, print } from "./report.mjs";
import { runSession } from "./session.mjs";

export const PAIRS = {
  "Chromium-Chromium": { visitor: "chromium", agent: "chromium" },
  "Firefox-Chromium": { visitor: "firefox", agent: "chromium" },
  "SDK-Chromium": { visitor: "program", agent: "chromium" },
  "Chromium-SDK": { visitor: "chromium", agent: "program" },
};

const VISITORS = { chromium: chromiumVisitor, firefox: firefoxVisitor, program: programVisitor };
const AGENTS = { chromium: chromiumAgent, program: programAgent };

/** Runs one pair's plan, and gives its totals. */
async function runPair(name, options, tell) {
  const pair = PAIRS[name];
  const totals = {
    name,
    sessions: 0,
    faults: [],
    verdict: {},
    counts: {},
    problems: [],
    endings: [],
  };
  const sessions = plan({ ...options, kinds: kindsFor(pair) });
  for (const session of sessions) {
    tell(`session ${totals.sessions + 1}, ${session.network}`);
    const { faults, verdict, counts, problems, ending } = await inLab(pair, session, tell);
    totals.sessions += 1;
    totals.faults.push(...faults);
    add(totals.verdict, verdict);
    add(totals.counts, counts);
    totals.problems.push(...problems);
    totals.endings.push(ending);
    tell(JSON.stringify(verdict));
  }
  return totals;
}

/** A session in a laboratory of its own: whatever became of the one before is gone. */
async function inLab(pair, session, tell) {
  const lab = await openLab();
  const world = { lab };
  try {
    world.node = await startCloud(lab);
    const { url } = world.node;
    [world.visitor, world.agent] = await Promise.all([
      VISITORS[pair.visitor](lab, url),
      AGENTS[pair.agent](lab, url),
    ]);
    return await runSession(world, session, tell);
  } finally {
    await Promise.all([world.visitor?.close(), world.agent?.close()]);
    await world.node?.close();
    await lab.close();
  }
}

/** Runs all pairs, or one, side by side; `faults` are spread over them. Whether all held. */
export async function chaos({ faults, seed, pairs = Object.keys(PAIRS), ...options }) {
  const started = performance.now();
  const tell = (name) => (line) => {
    const at = Math.round((performance.now() - started) / 1000);
    console.log(`${at} s  ${name}: ${line}`);
  };
  const each = Math.ceil(faults / pairs.length);
  const all = await Promise.all(
    pairs.map((name, index) =>
      runPair(name, { ...options, seed: seed + index, faults: each }, tell(name)),
    ),
  );
  print(all);
  return all.flatMap(failures);
}

if (import.meta.filename === process.argv[1]) {
  const { values } = parseArgs({
    options: {
      faults: { type: "string", default: "200" },
      seed: { type: "string", default: "1" },
      blackhole: { type: "string", default: "15000" },
      pair: { type: "string", multiple: true },
    },
  });
  const why = whyNoLab();
  if (why) {
    console.error(`chaos cannot run: ${why}`);
    process.exit(2);
  }
  const broken = await chaos({
    faults: Number(values.faults),
    seed: Number(values.seed),
    blackhole: Number(values.blackhole),
    ...(values.pair && { pairs: values.pair }),
  });
  for (const line of broken) {
    console.error(line);
  }
  process.exitCode = broken.length > 0 ? 1 : 0;
}
