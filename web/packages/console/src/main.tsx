// The agent's console.

import { computed, effect } from "@preact/signals";
import { render } from "preact";
import { account, recall } from "./account";
import { quiet, ring, tellTitle, unlockSound } from "./alerts";
import { queue, renew, save, start, stop, unread, wake } from "./desk";
import { SignIn } from "./sign_in";
import { nameOf } from "./store";
import "./layout.css";
import "./parts.css";
import "./mirror.css";
import { Workplace } from "./workplace";

function App() {
  switch (account.value.kind) {
    case "unknown":
      return <p class="patience">One moment …</p>;
    case "out":
      return <SignIn problem={account.value.problem} />;
    case "in":
      return <Workplace agent={account.value.agent} />;
  }
}

/** After any of these browsers let a page sound. */
const DEEDS = ["pointerdown", "keydown"] as const;

effect(() => {
  if (account.value.kind === "in") {
    void start(account.value.agent);
    for (const deed of DEEDS) {
      addEventListener(deed, unlockSound);
    }
    return () => {
      stop();
      for (const deed of DEEDS) {
        removeEventListener(deed, unlockSound);
      }
      quiet();
    };
  }
  return undefined;
});

// Most frames of the node change none of these, and then nothing may sound anew.
const callers = computed(() => queue.value.rings.length);
const caller = computed(() => {
  const { rings, waiting } = queue.value;
  return rings[0] ? nameOf(waiting.get(rings[0].visitor)?.card) : "";
});
const unheard = computed(() => [...unread.value.values()].reduce((sum, n) => sum + n, 0));
effect(() => ring(callers.value, caller.value));
effect(() => tellTitle(callers.value, unheard.value));

document.addEventListener("visibilitychange", wake);
addEventListener("online", renew);
addEventListener("pagehide", save);

void recall();
const app = document.getElementById("app");
if (app) {
  render(<App />, app);
}
