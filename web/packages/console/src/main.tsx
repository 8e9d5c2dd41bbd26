// The agent's console.

import { effect } from "@preact/signals";
import { render } from "preact";
import { account, recall } from "./account";
import { ring, tellTitle } from "./alerts";
import { queue, renew, save, start, stop, unread, wake } from "./desk";
import { SignIn } from "./sign_in";
import { nameOf } from "./store";
import "./layout.css";
import "./parts.css";
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

effect(() => {
  if (account.value.kind === "in") {
    void start(account.value.agent);
    return stop;
  }
  return undefined;
});

effect(() => {
  const { rings, waiting } = queue.value;
  const first = rings[0];
  ring(rings.length, first ? nameOf(waiting.get(first.visitor)?.card) : "");
});

effect(() => {
  const count = [...unread.value.values()].reduce((sum, n) => sum + n, 0);
  tellTitle(queue.value.rings.length, count);
});

document.addEventListener("visibilitychange", wake);
addEventListener("online", renew);
addEventListener("pagehide", save);

void recall();
const app = document.getElementById("app");
if (app) {
  render(<App />, app);
}
