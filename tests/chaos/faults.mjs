// What each kind of fault is, to a pair of people in their laboratory. Each is done when it is
// healed, as far as it can be.

import { setTimeout as pass } from "node:timers/promises";

const blackhole =
  (way) =>
  async ({ lab }, fault) => {
    await lab.shape("visitor", { blackhole: true }, [way]);
    // The outage itself is the subject: its length is not a wait for something.
    await pass(fault.blackhole);
    await lab.shape("visitor", {}, [way]);
  };

const restart = async ({ node }, { down }) => {
  await node.stop("SIGKILL");
  await pass(down);
  await node.start();
};

const FAULTS = {
  companion_reload: ({ visitor }) => visitor.reload(),
  companion_crash: ({ visitor }) => visitor.crash(),
  companion_reopen: ({ visitor }) => visitor.reopen(),
  companion_takeover: ({ visitor }) => visitor.replace(),
  console_reload: ({ agent }) => agent.reload(),
  console_crash: ({ agent }) => agent.crash(),
  agent_browser_killed: ({ agent }) => agent.kill(),
  node_restart: restart,
  node_dead: ({ node }) => node.stop("SIGKILL"),
  blackhole_from_visitor: blackhole("up"),
  blackhole_to_visitor: blackhole("down"),
  visitor_moves: ({ lab }) => lab.move("visitor"),
  agent_moves: ({ lab }) => lab.move("agent"),
  relay_lost: restart,
};

/** Whose page dies without a word. */
const DIES = {
  companion_crash: "visitor",
  console_crash: "agent",
  agent_browser_killed: "agent",
};

/** Lets it happen, one or two at once; `dies` is told whose page dies, just before. */
export async function happen(world, fault, dies) {
  const one = async (kind, index) => {
    await pass(index * fault.apart);
    if (kind in DIES) {
      dies(DIES[kind]);
    }
    await FAULTS[kind](world, fault);
  };
  await Promise.all(fault.kinds.map(one));
}
