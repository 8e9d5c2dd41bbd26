import { type Line, linkify, TooLong, TranscriptFull } from "@isession/peer";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { draft, read, type Talk, viewOf } from "./desk";
import { useHandingOn, WAITING } from "./focus";
import { nameOf } from "./store";
import { panelId, tabId } from "./tabs";
import { connectionInWords, END, lineInWords, outcomeInWords } from "./words";

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const GLYPHS = { waiting: "◷", sent: "✓", delivered: "✓✓" };

export function Conversation({ talk }: { talk: Talk }) {
  const view = viewOf(talk);
  useEffect(read);
  return (
    <section
      class="conversation"
      role="tabpanel"
      id={panelId(talk.link)}
      aria-labelledby={tabId(talk.link)}
    >
      <p class="connection" role="status" aria-label="Connection" data-state={view.connection}>
        {talk.ended
          ? END[talk.ended.reason]
          : talk.session === null
            ? "Accepting …"
            : connectionInWords(view, talk.gone.get())}
      </p>
      <Log lines={view.lines} />
      <p class="typing" role="status" aria-label="Typing">
        {view.typing ? `${nameOf(talk.visitor)} is writing …` : ""}
      </p>
      {talk.ended === null && <Write talk={talk} />}
    </section>
  );
}

/** Follows what is new, unless the agent reads further up. */
function Log({ lines }: { lines: readonly Line[] }) {
  const log = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const follow = () => {
    if (log.current && atEnd.current) {
      log.current.scrollTop = log.current.scrollHeight;
    }
  };
  useLayoutEffect(follow);
  useLayoutEffect(() => {
    // A phone's keyboard comes and goes.
    const observer = new ResizeObserver(follow);
    observer.observe(log.current as HTMLElement);
    return () => observer.disconnect();
  }, []);
  const scrolled = () => {
    const { scrollHeight = 0, scrollTop = 0, clientHeight = 0 } = log.current ?? {};
    atEnd.current = scrollHeight - scrollTop - clientHeight < 40;
  };
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <div ref={log} role="log" aria-label="Conversation" tabIndex={0} onScroll={scrolled}>
      <ol>
        {lines.map((line) => (
          <Row line={line} key={`${line.mine} ${line.id.epoch} ${line.id.seq}`} />
        ))}
      </ol>
    </div>
  );
}

function Row({ line }: { line: Line }) {
  return (
    <li class={`${line.kind} ${line.mine ? "mine" : "theirs"}`}>
      <p>
        <Words line={line} />
      </p>
      <small>
        <time dateTime={new Date(line.at).toISOString()}>{clock.format(line.at)}</time>{" "}
        <State line={line} />
      </small>
    </li>
  );
}

function Words({ line }: { line: Line }) {
  if (line.kind !== "message") {
    return <>{lineInWords(line)}</>;
  }
  return (
    <>
      {linkify(line.text).map((piece) =>
        typeof piece === "string" ? (
          piece
        ) : (
          <a href={piece.href} target="_blank" rel="noopener noreferrer">
            {piece.text}
          </a>
        ),
      )}
    </>
  );
}

function State({ line }: { line: Line }) {
  if (line.kind === "message" && line.mine) {
    return (
      <span>
        <span aria-hidden="true">{GLYPHS[line.state]}</span>
        <span class="unseen">{line.state}</span>
      </span>
    );
  }
  return <>{outcomeInWords(line)}</>;
}

function Write({ talk }: { talk: Talk }) {
  const part = useHandingOn<HTMLDivElement>();
  const box = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    if (box.current) {
      box.current.value = talk.drafts.message;
    }
    // Whoever accepted by the keyboard waits there.
    if (document.activeElement?.id === WAITING) {
      box.current?.focus();
    }
  }, []);
  const [problem, setProblem] = useState("");
  const send = () => {
    const text = box.current?.value.trim() ?? "";
    if (!box.current || text === "") {
      return;
    }
    try {
      talk.peer.say(text);
      box.current.value = talk.drafts.message = "";
      setProblem("");
    } catch (error) {
      if (error instanceof TooLong) {
        setProblem("This message is too long. Please send it in parts.");
      } else if (error instanceof TranscriptFull) {
        setProblem("This conversation is full. Please end it and start a new one.");
      } else {
        throw error;
      }
    }
    box.current.focus();
  };
  const wrote = () => {
    const text = box.current?.value ?? "";
    draft(talk, "message", text);
    talk.peer.typing(text !== "");
  };
  const key = (event: KeyboardEvent) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      send();
    }
  };
  return (
    <>
      <p class="problem" role="alert">
        {problem}
      </p>
      <div ref={part} class="write">
        <textarea
          ref={box}
          rows={2}
          // Browsers write what is typed into their files, to restore the page.
          autocomplete="off"
          aria-label="Message"
          placeholder="Write a message"
          onKeyDown={key}
          onInput={wrote}
        />
        <button type="button" onClick={send}>
          Send
        </button>
      </div>
    </>
  );
}
