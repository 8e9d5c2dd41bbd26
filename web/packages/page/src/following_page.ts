// The page that follows, as the browser has it.

import type { FollowingPage } from "./following";

const root = () => document.scrollingElement ?? document.documentElement;

export const followingPage: FollowingPage = {
  address: () => new URL(location.href),
  age: () => performance.now(),
  go: (url) => location.assign(url),
  end: () => {
    const { scrollWidth, scrollHeight, clientWidth, clientHeight } = root();
    return { x: scrollWidth - clientWidth, y: scrollHeight - clientHeight };
  },
  // At once, whatever the page's style says: the agent's own scrolling is the motion.
  scrollTo: ({ x, y }) => scrollTo({ left: x, top: y, behavior: "instant" }),
  still: () => matchMedia("(prefers-reduced-motion: reduce)").matches,
};

/** Runs whenever what there is to scroll may have changed. */
export function watchSize(signal: AbortSignal, run: () => void): void {
  addEventListener("resize", run, { signal });
  const observer = new ResizeObserver(run);
  observer.observe(document.documentElement);
  signal.addEventListener("abort", () => observer.disconnect());
}
