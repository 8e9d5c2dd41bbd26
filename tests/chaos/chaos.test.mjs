// Two people lose nothing of what they say, whatever breaks: every kind of fault at each pair, in
// a few minutes. `cargo xtask chaos` runs for as long as you like.

import assert from "node:assert/strict";
import { test } from "node:test";
import { whyNoLab } from "../netlab/lab.mjs";
import { chaos } from "./chaos.mjs";
import { BOUNDED, PAIRS } from "./pairs.mjs";
import { kindsFor, plan } from "./plan.mjs";

test("every kind of fault at every pair", { skip: whyNoLab() ?? false }, async () => {
  const { blackhole, plans } = BOUNDED;
  const planned = Object.entries(plans).map(([name, options]) => [
    name,
    plan({ ...options, blackhole, kinds: kindsFor(PAIRS[name]) }),
  ]);
  assert.deepEqual(await chaos(Object.fromEntries(planned)), []);
});
