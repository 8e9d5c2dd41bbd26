// One session of a pair: two people who write all the time, while what the plan says happens.

import { setTimeout as pass } from "node:timers/promises";
import { happen } from "./faults.mjs";
import { add, judge } from "./judge.mjs";
import { BOUND, until } from "./page_side.mjs";
import { KINDS, NETWORKS } from "./plan.mjs";

/** Between two messages of one side. */
const PACE = 400;
/** Between two looks at what a side shows. */
const GLANCE = 200;
/** What was said so shortly before its page died may be forgotten, if nobody has it. */
const FRESH = 3000;

/** Whether it lasts for so long that people are told of it. */
const isOutage = (kind) => kind.startsWith("blackhole");

/** A side, what it said and what was heard of it. */
class Voice {
  said = [];
  state = "none";
  words = "";
  longest = 0;
  /** The states that were shown since a fault began. */
  shown = new Set();
  #diedAt = 0;
  #heardAt = performance.now();
  #count = 0;
  #talks = true;
  #running;

  constructor(name, side, counts) {
    this.name = name;
    this.side = side;
    this.counts = counts;
  }

  start(other) {
    this.#running = Promise.all([this.#write(), this.#watch(other)]);
  }

  async stop() {
    this.#talks = false;
    await this.#running;
  }

  /** Says one more thing; whether it was taken. */
  async say() {
    const said = { text: `${this.name} ${this.#count + 1}`, sure: true, at: performance.now() };
    try {
      if (!(await this.side.say(said.text))) {
        return false;
      }
    } catch {
      // The page went in the middle of it.
      said.sure = false;
    }
    // Its page died, or dies now, while this was being said.
    said.sure &&= said.at > this.#diedAt;
    this.#count += 1;
    this.said.push(said);
    return true;
  }

  async #write() {
    while (this.#talks) {
      await this.say();
      await pass(PACE);
    }
  }

  async #watch(other) {
    while (this.#talks) {
      await this.look(other);
      await pass(GLANCE);
    }
  }

  /** Looks at what this side shows, of what `other` said. */
  async look(other) {
    const { state, words, last, counts } = await this.side.look();
    Object.assign(this, { state, words });
    this.shown.add(state);
    add(this.counts, counts);
    const index = other.said.findIndex(({ text }) => text === last);
    const news = other.said.slice(0, index + 1).filter((said) => said.seenAt === undefined);
    const now = performance.now();
    if (news.length > 0) {
      this.longest = Math.max(this.longest, now - this.#heardAt);
      this.#heardAt = now;
    }
    for (const said of news) {
      said.seenAt = now;
    }
  }

  /** Its page dies: the last that nobody has heard may be forgotten with it. */
  dies() {
    this.#diedAt = performance.now();
    for (const said of this.said) {
      if (said.seenAt === undefined && said.at > this.#diedAt - FRESH) {
        said.sure = false;
      }
    }
  }

  /** Whether something that was said after this time was heard. */
  heardSince = (time) => this.said.some((said) => said.at > time && said.seenAt !== undefined);

  /** Whether all that was surely said was heard. */
  allHeard = () => this.said.every((said) => !said.sure || said.seenAt !== undefined);
}

/** Runs a session of the plan; gives what became of it. `tell` is told what happens. */
export async function runSession(world, session, tell) {
  const { lab, visitor, agent } = world;
  const result = { faults: [], verdict: {}, counts: {}, problems: [], ending: null };
  const { nat } = NETWORKS[session.network];
  await Promise.all([lab.nat("visitor", nat), lab.nat("agent", nat)]);
  const voices = {
    visitor: new Voice("V", visitor, result.counts),
    agent: new Voice("A", agent, result.counts),
  };
  const both = [voices.visitor, voices.agent];
  const areBack = (since) =>
    until(
      () => both.every((voice) => voice.state === "open" && voice.heardSince(since)),
      BOUND,
      () => both.map(({ name, state, words }) => `${name}: ${state} (${words})`).join(", "),
    );
  // What comes by the relay goes with it; browsers and programs go over to a direct path once they
  // find one.
  const areDirect = () =>
    until(
      () => both.every(({ state, words }) => state === "open" && /direct/i.test(words)),
      BOUND,
      () => both.map(({ name, words }) => `${name} stays ${words}`).join(", "),
    );
  try {
    await agent.ready();
    await visitor.visit();
    await agent.accept();
    voices.visitor.start(voices.agent);
    voices.agent.start(voices.visitor);
    await areBack(performance.now());
    for (const fault of session.faults) {
      await pass(fault.after);
      if (fault.kinds.some((kind) => KINDS[kind].last)) {
        await areDirect();
      }
      for (const voice of both) {
        voice.longest = 0;
        voice.shown.clear();
      }
      const began = performance.now();
      tell(`${fault.kinds.join(" + ")} ...`);
      await happen(world, fault, (who) => voices[who].dies());
      await areBack(performance.now());
      if (fault.kinds.some(isOutage) && both.every(({ shown }) => !shown.has("reconnecting"))) {
        result.problems.push(`${fault.kinds.join(" + ")}: nobody was told`);
      }
      const outage = Math.max(...both.map(({ longest }) => longest));
      result.faults.push({ kinds: fault.kinds, outage });
      const took = performance.now() - began;
      tell(`${fault.kinds.join(" + ")}: ${seconds(outage)} s without news, ${seconds(took)} s`);
    }
  } catch (error) {
    const looks = await Promise.all([visitor.look(), agent.look()]).catch(() => []);
    const shown = looks.map(({ state, words }) => `${state} (${words})`).join(", ");
    result.problems.push(`${error.message}; shown: ${shown}`);
    tell(`${error.message}; shown: ${shown}; the node says: ${await counts(world.node)}`);
  }
  await Promise.all(both.map((voice) => voice.stop()));
  if (both.every(({ said }) => said.length > 0)) {
    await end(session, voices, result, tell);
  }
  return result;
}

/** Who is there, as far as the node knows. */
const counts = (node) =>
  node.metrics().then(
    (metrics) =>
      metrics.match(/^isession_(sockets|waiting|ringing|agents|sessions)\S* .*$/gm)?.join(", ") ??
      "",
    () => "nothing",
  );

/** Says last words, ends, and judges. */
async function end(session, voices, result, tell) {
  const { visitor, agent } = voices;
  const [ender, other] = session.endedBy === "visitor" ? [visitor, agent] : [agent, visitor];
  try {
    await until(
      async () => {
        await Promise.all([visitor.look(agent), agent.look(visitor)]);
        return visitor.allHeard() && agent.allHeard();
      },
      result.problems.length > 0 ? 1000 : BOUND,
      () => "not all that was said was heard",
    );
    await ender.say();
    const began = performance.now();
    const isOver = until(
      async () => (await other.side.look()).state === "ended",
      BOUND,
      async () =>
        `${other.name} is not told of the end: ${JSON.stringify(await other.side.look())}`,
    );
    await Promise.all([ender.side.end(), isOver]);
    result.ending = performance.now() - began;
    const last = ender.said.at(-1).text;
    await until(
      async () => (await other.side.read()).theirs.includes(last),
      5000,
      () => "",
    ).catch(() => {});
  } catch (error) {
    result.problems.push(error.message);
  }
  const [byVisitor, byAgent] = await Promise.all([visitor.side.read(), agent.side.read()]);
  add(result.verdict, judge(visitor.said, byAgent.theirs, byVisitor.mine, tell));
  add(result.verdict, judge(agent.said, byVisitor.theirs, byAgent.mine, tell));
}

export const seconds = (ms) => (ms / 1000).toFixed(1);
