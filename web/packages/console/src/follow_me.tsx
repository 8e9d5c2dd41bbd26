import { type Standing, standing } from "@isession/peer";
import type { SiteCard } from "@isession/protocol";
import { useEffect, useState } from "preact/hooks";
import { type Talk, viewOf } from "./desk";
import { focusTab, type Guided, guided, openTab, prepare, release } from "./guiding";
import { attempt } from "./leads";
import { placeOf } from "./trail";
import { landingInWords } from "./words";

/** Has the visitor follow the agent over the site: asked first, then in a tab of the agent's own. */
export function FollowMe({ talk, site }: { talk: Talk; site: SiteCard }) {
  const [problem, setProblem] = useState("");
  useEffect(prepare, []);
  const { lines } = viewOf(talk);
  const state = standing(lines, "follow");
  const mine = guided.value?.talk === talk ? guided.value : null;
  const there = placeOf(talk.transcript.trail()) !== undefined;
  if (!there && state === "none") {
    return null;
  }
  const follows = there && (state === "granted" || state === "paused");
  const ask = () => setProblem(attempt(() => talk.peer.ask("follow")));
  const open = () => setProblem(openTab(talk, site));
  const latest = lines.findLast((line) => line.kind === "guide");
  const led = follows && latest?.kind === "guide" ? latest : null;
  return (
    <section class="following" aria-labelledby="following-title">
      <h3 id="following-title">Lead the way</h3>
      <div class="choices">
        {there && !follows && state !== "asked" && (
          <button type="button" onClick={ask}>
            Follow me
          </button>
        )}
        {follows && (!mine || mine.tab === "lost") && (
          <button type="button" onClick={open}>
            Open my tab
          </button>
        )}
        {follows && mine && mine.tab !== "lost" && (
          <button type="button" class="quiet" onClick={focusTab}>
            Go to my tab
          </button>
        )}
        {(follows || state === "asked") && (
          <button type="button" class="quiet" onClick={() => release(talk)}>
            Stop
          </button>
        )}
      </div>
      <p role="status" aria-label="Follow status">
        {problem || STANDING[there ? state : "no_page"]}
      </p>
      {follows && (
        <p role="status" aria-label="My tab" class="tab-status">
          {tabInWords(mine, state)}
        </p>
      )}
      {led && mine && (
        <p class="landing" title={led.url}>
          {new URL(led.url).pathname}: {landingInWords(led.landing, led.state !== "waiting")}
        </p>
      )}
    </section>
  );
}

const STANDING: Record<Standing, string> = {
  none: "The visitor's page goes where you go on the site, once they agree.",
  asked: "Asked; the visitor has not answered yet",
  granted: "The visitor follows you.",
  paused: "The visitor went on alone. They can follow you again.",
  declined: "The visitor does not want to follow you.",
  expired: "The visitor did not answer, and does not follow you.",
  withdrawn: "The visitor follows you no longer.",
  no_page: "The visitor is on no page of the site.",
  released: "You have stopped it.",
  unknown: "The visitor follows you no longer.",
};

function tabInWords(mine: Guided | null, state: Standing): string {
  switch (mine?.tab) {
    case undefined:
      return "Open your tab, and go where the visitor shall see what you see.";
    case "opened":
      return "Waiting for the page in your tab …";
    case "here":
      return state === "granted"
        ? "Addresses and scrolling of your tab are followed, nothing else."
        : "";
    case "away":
      return "Your tab is at another origin of the site: lead the visitor there.";
    case "lost":
      return "Your tab is closed, or its page keeps other windows away (Cross-Origin-Opener-Policy), so it cannot be followed. Lead the visitor by address there.";
  }
}
