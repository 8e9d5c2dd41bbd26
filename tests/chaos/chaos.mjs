// Two people talk, and everything breaks that can:
//
//   node chaos.mjs [--faults N] [--seed S] [--pair NAME ...] [--kind KIND ...]
//
// Exit code 1 when anything on `talk` was lost, doubled or reordered, when `bulk` had a gap within
// one life of a connection, or when a session did not come back.

import { parseArgs } from "node:util";
import { startCloud } from "../netlab/cloud.mjs";
import { openLab, whyNoLab } from "../netlab/lab.mjs";
import { chromiumAgent, chromiumVisitor } from "./chromium.mjs";
import { firefoxVisitor } from "./firefox.mjs";
import { add } from "./judge.mjs";
import { PAIRS } from "./pairs.mjs";
import { KINDS, kindsFor, plan } from "./plan.mjs";
import { programAgent, programVisitor } from "./program.mjs";
import { failures, print } from "./report.mjs";
import { runSession } from "./session.mjs";

const VISITORS = { chromium: chromiumVisitor, firefox: firefoxVisitor, program: programVisitor };
const AGENTS = { chromium: chromiumAgent, program: programAgent };

/** Runs one pair's plan, and gives its totals. */
async function runPair(name, sessions, tell) {
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

/** Runs each pair's plan, side by side, and prints what came of it. Gives what did not hold. */
export async function chaos(plans) {
  const started = performance.now();
  const tell = (name) => (line) => {
    const at = Math.round((performance.now() - started) / 1000);
    console.log(`${at} s  ${name}: ${line}`);
  };
  const all = await Promise.all(
    Object.entries(plans).map(([name, sessions]) => runPair(name, sessions, tell(name))),
  );
  print(all);
  return all.flatMap(failures);
}

if (import.meta.filename === process.argv[1]) {
  const { values } = parseArgs({
    options: {
      faults: { type: "string", default: "200" },
      seed: { type: "string", default: "1" },
      pair: { type: "string", multiple: true, default: Object.keys(PAIRS) },
      kind: { type: "string", multiple: true, default: Object.keys(KINDS) },
    },
  });
  const why = whyNoLab();
  if (why) {
    console.error(`chaos cannot run: ${why}`);
    process.exit(2);
  }
  const faults = Math.ceil(Number(values.faults) / values.pair.length);
  const planned = values.pair.map((name, index) => {
    const kinds = kindsFor(PAIRS[name]).filter((kind) => values.kind.includes(kind));
    return [name, plan({ seed: Number(values.seed) + index, faults, kinds })];
  });
  const broken = await chaos(Object.fromEntries(planned));
  for (const line of broken) {
    console.error(line);
  }
  process.exitCode = broken.length > 0 ? 1 : 0;
}
