import type { AgentCard } from "@isession/protocol";
import { signInAgain } from "./account";
import { allowNotifications, muted, notifications, setMuted, sounds } from "./alerts";
import { Conversation } from "./conversation";
import { currentTalk, lapsed, queue, setAvailable, socketState, start, superseded } from "./desk";
import { Facts } from "./facts";
import { useHandingOn } from "./focus";
import { MirrorPane } from "./mirror_pane";
import { Notices } from "./notices";
import { Rings } from "./rings";
import { SignOut } from "./sign_out";
import { Tabs } from "./tabs";
import { WaitingList } from "./waiting";

export function Workplace({ agent }: { agent: AgentCard }) {
  const talk = currentTalk();
  return (
    <div class="workplace">
      <header>
        <h1>iSession</h1>
        <Availability />
        <span class="who">{agent.name}</span>
        <Attention />
        <SignOut />
      </header>
      <Banner agent={agent} />
      <aside aria-label="Queue">
        <Rings />
        <WaitingList />
        <Notices />
      </aside>
      <main>
        <Tabs />
        {talk ? (
          <div class="session" key={talk.link}>
            <MirrorPane talk={talk} />
            <Conversation talk={talk} />
          </div>
        ) : (
          <p class="nobody">
            {queue.value.available
              ? "You are available. When a visitor rings, accept to start a session."
              : "You are away. Switch to available to be rung."}
          </p>
        )}
      </main>
      {talk && <Facts talk={talk} key={talk.link} />}
    </div>
  );
}

function Availability() {
  const { available } = queue.value;
  return (
    <button
      type="button"
      role="switch"
      aria-checked={available}
      class="switch"
      onClick={() => setAvailable(!available)}
    >
      Available
    </button>
  );
}

function Attention() {
  return (
    <span class="attention">
      <button
        type="button"
        class="quiet"
        aria-pressed={muted.value}
        onClick={() => setMuted(!muted.value)}
      >
        Mute
      </button>
      <span role="status" aria-label="Sound">
        {muted.value || sounds.value ? "" : "No sound yet: click or press a key"}
      </span>
      {notifications.value === "default" && (
        <button type="button" class="quiet" onClick={() => void allowNotifications()}>
          Notify me on the desktop
        </button>
      )}
    </span>
  );
}

function Banner({ agent }: { agent: AgentCard }) {
  if (superseded.value) {
    const text = "You are signed in in another window. This one is out of work.";
    return <Call text={text} label="Take over here" onClick={() => void start(agent)} />;
  }
  if (lapsed.value) {
    const text = "You are not signed in any more. Sessions go on; nobody new rings here.";
    return <Call text={text} label="Sign in again" onClick={signInAgain} />;
  }
  return socketState.value === "waiting" || socketState.value === "stopped" ? (
    <div class="banner" role="status" aria-label="Node">
      The node cannot be reached. Sessions go on; new visitors ring when it is back.
    </div>
  ) : null;
}

function Call({ text, label, onClick }: { text: string; label: string; onClick(): void }) {
  const part = useHandingOn<HTMLDivElement>();
  return (
    <div ref={part} class="banner" role="alert">
      {text}
      <button type="button" onClick={onClick}>
        {label}
      </button>
    </div>
  );
}
