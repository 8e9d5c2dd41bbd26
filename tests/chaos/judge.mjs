// Compares what was said with what each side shows. Pure.

/**
 * `said` by one writer, in order: `{ text, sure }`. What was on its writer's screen for a moment
 * only, before its page or browser died, is not `sure`: it may be forgotten, on both sides alike.
 * `there` and `here` are the texts of this writer that the other side and the writer show.
 */
export function judge(said, there, here, tell = () => {}) {
  const verdict = { said: said.length, lost: 0, doubled: 0, reordered: 0, forgotten: 0 };
  const order = new Map(said.map(({ text }, index) => [text, index]));
  for (const { text, sure } of said) {
    const [isThere, isHere] = [there.includes(text), here.includes(text)];
    if (isThere && isHere) {
      continue;
    }
    if (sure || isThere || isHere) {
      verdict.lost += 1;
      const where = isThere ? "only at the other side" : isHere ? "only at its writer" : "nowhere";
      tell(`${text} is ${where}`);
    } else {
      verdict.forgotten += 1;
    }
  }
  for (const shown of [there, here]) {
    const known = shown.filter((text) => order.has(text));
    verdict.doubled += known.length - new Set(known).size;
    // What nobody said must be something of before, said again.
    verdict.doubled += shown.length - known.length;
    const places = [...new Set(known)].map((text) => order.get(text));
    verdict.reordered += places.filter((place, index) => place < (places[index - 1] ?? -1)).length;
  }
  return verdict;
}

/** Adds up; numbers by name. */
export function add(total, more) {
  for (const [name, number] of Object.entries(more)) {
    total[name] = (total[name] ?? 0) + number;
  }
  return total;
}

/** What makes a run fail. */
export const BROKEN = ["lost", "doubled", "reordered"];
