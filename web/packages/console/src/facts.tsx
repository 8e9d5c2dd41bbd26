import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { draft, end, putAway, queue, type Talk, viewOf } from "./desk";
import { useHandingOn } from "./focus";
import { FollowMe } from "./follow_me";
import { attempt, isForbidden, lead } from "./leads";
import { Viewing } from "./mirror_pane";
import { saveRecord } from "./record";
import { nameOf } from "./store";
import { placeOf } from "./trail";
import { asAddress, CONSENT, landingInWords, NOT_ALLOWED } from "./words";

/** A click that was meant for what was there before must not erase a session. */
const SETTLE = 600;

/** The visitor, leading, and the end of the session. */
export function Facts({ talk }: { talk: Talk }) {
  const { details, site } = talk.visitor;
  const card = queue.value.sites.find(({ id }) => id === site);
  const going = viewOf(talk) && talk.ended === null;
  return (
    <aside class="facts-pane" aria-label="Visitor">
      <h2>{nameOf(talk.visitor)}</h2>
      <dl>
        <dt>Site</dt>
        <dd>{card?.name ?? site}</dd>
        {details.topic && <Fact term="Topic" text={details.topic} />}
        {details.department && <Fact term="Department" text={details.department} />}
        {details.page && <Fact term="Came from" text={details.page} />}
      </dl>
      {going && <Trail talk={talk} />}
      {going && card && <FollowMe talk={talk} site={card} />}
      {going && <Leading talk={talk} destinations={card?.destinations ?? []} />}
      {going && <Viewing talk={talk} />}
      <div class="choices last">
        <button type="button" class="quiet" onClick={() => saveRecord(talk, card?.name ?? site)}>
          Save a copy
        </button>
        {going ? <End talk={talk} /> : <Close talk={talk} />}
      </div>
    </aside>
  );
}

function End({ talk }: { talk: Talk }) {
  const part = useHandingOn<HTMLButtonElement>();
  return (
    <button ref={part} type="button" class="alarm" onClick={() => void end(talk)}>
      End session
    </button>
  );
}

function Close({ talk }: { talk: Talk }) {
  const part = useHandingOn<HTMLButtonElement>();
  const [unsettled, setUnsettled] = useState(Date.now() - (talk.ended?.at ?? 0) < SETTLE);
  useEffect(() => {
    const timer = setTimeout(() => setUnsettled(false), SETTLE);
    return () => clearTimeout(timer);
  }, []);
  return (
    <button
      ref={part}
      type="button"
      class="quiet"
      disabled={unsettled}
      onClick={() => putAway(talk)}
    >
      Close
    </button>
  );
}

function Fact({ term, text }: { term: string; text: string }) {
  return (
    <>
      <dt>{term}</dt>
      <dd>{text}</dd>
    </>
  );
}

/** Places shown; the rest is history. */
const TRAIL = 8;

/** Where the visitor is on the site, and was: a click leads there again. */
function Trail({ talk }: { talk: Talk }) {
  viewOf(talk);
  const [problem, setProblem] = useState("");
  const trail = talk.transcript.trail();
  const places = trail.filter(({ url }) => url !== undefined);
  if (places.length === 0) {
    return null;
  }
  const here = placeOf(trail);
  const before = [...new Map(places.map((place) => [place.url, place])).values()]
    .filter(({ url }) => url !== here?.url)
    .slice(-TRAIL)
    .reverse();
  return (
    <section class="leading" aria-labelledby="trail-title">
      <h3 id="trail-title">On the site</h3>
      <p role="status" aria-label="Visitor's page" title={here?.url}>
        {here ? here.title || here.url : "On no page of the site"}
        {here && !here.front ? " (in the background)" : ""}
      </p>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for what a form sends */}
      <div class="choices history" role="group" aria-label="Visitor's history">
        {(["back", "reload", "forward"] as const).map((way) => (
          <button
            key={way}
            type="button"
            class="quiet"
            onClick={() => setProblem(attempt(() => talk.peer.travel(way)))}
          >
            {WAY[way]}
          </button>
        ))}
      </div>
      {before.length > 0 && (
        <ul class="destinations" aria-label="Pages visited">
          {before.map(({ url = "", title }) => (
            <li key={url}>
              <button
                type="button"
                class="quiet"
                title={isForbidden(talk, url) ? NOT_ALLOWED : url}
                disabled={isForbidden(talk, url)}
                onClick={() => setProblem(lead(talk, url))}
              >
                {title || url}
              </button>
            </li>
          ))}
        </ul>
      )}
      <p class="problem" role="alert">
        {problem}
      </p>
    </section>
  );
}

const WAY = { back: "Back", reload: "Reload", forward: "Forward" };

interface LeadingProps {
  talk: Talk;
  destinations: readonly { label: string; url: string }[];
}

function Leading({ talk, destinations }: LeadingProps) {
  const part = useHandingOn<HTMLElement>();
  const box = useRef<HTMLInputElement>(null);
  const [problem, setProblem] = useState("");
  useLayoutEffect(() => {
    if (box.current) {
      box.current.value = talk.drafts.address;
    }
  }, []);
  const view = viewOf(talk);
  const latest = view.lines.findLast((line) => line.kind === "lead" || line.kind === "travel");
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const text = box.current?.value ?? "";
    if (text.trim() === "") {
      return;
    }
    setProblem(lead(talk, asAddress(text)));
  };
  return (
    <section ref={part} class="leading" aria-labelledby="leading-title">
      <h3 id="leading-title">Lead the visitor</h3>
      <form onSubmit={submit}>
        <input
          ref={box}
          type="text"
          inputMode="url"
          autocomplete="off"
          spellcheck={false}
          aria-label="Address"
          placeholder="example.com"
          onInput={() => draft(talk, "address", box.current?.value ?? "")}
        />
        <button type="submit">Lead</button>
      </form>
      {destinations.length > 0 && (
        <ul class="destinations" aria-label="Saved destinations">
          {destinations.map(({ label, url }) => (
            <li key={label}>
              <button
                type="button"
                class="quiet"
                title={isForbidden(talk, url) ? NOT_ALLOWED : url}
                disabled={isForbidden(talk, url)}
                onClick={() => setProblem(lead(talk, url))}
              >
                {label}
              </button>
            </li>
          ))}
        </ul>
      )}
      <p role="status" aria-label="Lead status" class="lead-status">
        {problem ||
          (latest && "landing" in latest
            ? landingInWords(latest.landing, latest.state !== "waiting")
            : "No lead yet")}
      </p>
      <p class="consent">{CONSENT[view.consent]}</p>
    </section>
  );
}
