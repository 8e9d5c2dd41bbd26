// The plan is the seed's, and leaves nothing out.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { BOUNDED, PAIRS } from "./pairs.mjs";
import { goTogether, KINDS, kindsFor, plan } from "./plan.mjs";

const all = Object.keys(KINDS);
const faultsOf = (sessions) => sessions.flatMap(({ faults }) => faults);
const kindsOf = (sessions) => faultsOf(sessions).flatMap(({ kinds }) => kinds);

test("the same seed gives the same plan, another one another", () => {
  const make = (seed) => plan({ seed, faults: 200, kinds: all });
  assert.deepEqual(make(7), make(7));
  assert.notDeepEqual(make(7), make(8));
});

for (const [name, pair] of Object.entries(PAIRS)) {
  describe(name, () => {
    const kinds = kindsFor(pair);

    test("two hundred faults hold every kind often, and many two at once", () => {
      for (let seed = 1; seed <= 20; seed += 1) {
        const sessions = plan({ seed, faults: 200, kinds });
        assert.equal(faultsOf(sessions).length, 200);
        for (const kind of kinds) {
          const times = kindsOf(sessions).filter((other) => other === kind).length;
          assert.ok(times >= 5, `${kind}, seed ${seed}: ${times}`);
        }
        const doubles = faultsOf(sessions).filter(({ kinds }) => kinds.length === 2);
        assert.ok(doubles.length > 30, `seed ${seed}: ${doubles.length}`);
        assert.ok(doubles.every(({ kinds: [one, other] }) => goTogether(one, other)));
      }
    });

    test("what ends a session's luck comes last, and where it belongs", () => {
      for (const { network, faults } of plan({ seed: 3, faults: 200, kinds })) {
        faults.forEach(({ kinds }, index) => {
          assert.ok(kinds.every((kind) => (KINDS[kind].needs ?? network) === network));
          assert.ok(index === faults.length - 1 || !kinds.some((kind) => KINDS[kind].last));
        });
      }
    });

    test("the bounded run holds every kind, and two at once", () => {
      const sessions = plan({ ...BOUNDED.plans[name], kinds });
      assert.deepEqual([...new Set(kindsOf(sessions))].toSorted(), kinds.toSorted());
      assert.ok(faultsOf(sessions).some(({ kinds }) => kinds.length === 2));
    });
  });
}

test("pages that are gone do not break twice, and nothing needs a node that is dead", () => {
  assert.equal(goTogether("companion_reload", "companion_crash"), false);
  assert.equal(goTogether("console_crash", "agent_browser_killed"), false);
  assert.equal(goTogether("node_dead", "console_reload"), false);
  assert.equal(goTogether("node_restart", "console_reload"), true);
  assert.equal(goTogether("visitor_moves", "agent_moves"), true);
});
