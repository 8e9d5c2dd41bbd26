// Who talks with whom, and what the tests have them live through.

export const PAIRS = {
  "Chromium-Chromium": { visitor: "chromium", agent: "chromium" },
  "Firefox-Chromium": { visitor: "firefox", agent: "chromium" },
  "SDK-Chromium": { visitor: "program", agent: "chromium" },
  "Chromium-SDK": { visitor: "chromium", agent: "program" },
};

/**
 * A few minutes in which each pair lives through every kind once at least: the seeds are chosen
 * for that. Browsers look for another path after some 10 s of blackhole.
 */
export const BOUNDED = {
  blackhole: 12_000,
  plans: {
    "Chromium-Chromium": { seed: 1, faults: 10, perSession: 5 },
    "Firefox-Chromium": { seed: 2, faults: 10, perSession: 5 },
    "SDK-Chromium": { seed: 7, faults: 6, perSession: 3 },
    "Chromium-SDK": { seed: 10, faults: 7, perSession: 4 },
  },
};
