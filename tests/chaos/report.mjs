// What a run has to show.

import { BROKEN } from "./judge.mjs";
import { seconds } from "./session.mjs";

/** A pair's totals in one row each, and the longest outage of each kind of fault. */
export function print(all) {
  console.table(Object.fromEntries(all.map((totals) => [totals.name, row(totals)])));
  console.log("Longest time without news for somebody who was written to, in seconds:");
  const kinds = [...new Set(all.flatMap(({ faults }) => faults.map(kindOf)))].sort();
  const outages = (kind) =>
    Object.fromEntries(all.map(({ name, faults }) => [name, longest(faults, kind)]));
  console.table(Object.fromEntries(kinds.map((kind) => [kind, outages(kind)])));
}

/** What should not have been. */
export function failures({ name, verdict, counts, problems }) {
  const said = BROKEN.filter((what) => verdict[what] > 0).map(
    (what) => `${name}: ${verdict[what]} messages ${what}`,
  );
  const bulk = ["bulk_lost", "bulk_doubled"].filter((what) => counts[what] > 0);
  return [
    ...said,
    ...bulk.map((what) => `${name}: ${counts[what]} frames ${what}`),
    ...problems.map((problem) => `${name}: ${problem}`),
  ];
}

const DOUBLE = "two at once";
const kindOf = ({ kinds }) => (kinds.length > 1 ? DOUBLE : kinds[0]);

function row({ sessions, faults, verdict, counts, endings, problems }) {
  const ends = endings.filter((ending) => ending !== null);
  return {
    sessions,
    faults: faults.length,
    "two at once": faults.filter(({ kinds }) => kinds.length > 1).length,
    messages: verdict.said,
    lost: verdict.lost,
    doubled: verdict.doubled,
    reordered: verdict.reordered,
    forgotten: verdict.forgotten,
    glance: counts.glance,
    "bulk sent": counts.bulk_sent,
    "bulk heard": counts.bulk,
    "bulk gaps": counts.bulk_lost,
    "bulk doubled": counts.bulk_doubled,
    "slowest end, s": seconds(Math.max(0, ...ends)),
    "not back": problems.length,
  };
}

function longest(faults, kind) {
  const outages = faults.filter((fault) => kindOf(fault) === kind).map(({ outage }) => outage);
  return outages.length > 0 ? Number(seconds(Math.max(...outages))) : "";
}
