//! The session layer's core does what `sdk/protocol/fixtures/session_scenarios.json` says, as
//! the browsers' does.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot be set up has failed"
)]

use isession_protocol::Timestamp;
use isession_protocol::bounded::{CandidateLine, MessageText, Sdp};
use isession_protocol::channel::{Body, Entry, EntryId, Seen, Talk};
use isession_protocol::ids::Epoch;
use isession_protocol::signaling::{DescriptionRole, MediaId, Signal};
use isession_sdk::session_core::{
    Connection, Effect, Input, PathState, PeerInput, SessionCore, Source,
};
use isession_sdk::transcript::{Receipt, Role, Transcript};
use serde::Deserialize;
use serde_json::{Value, json};

const FIXTURES: &str = include_str!("../../protocol/fixtures/session_scenarios.json");

#[derive(Deserialize)]
struct File {
    scenarios: Vec<Scenario>,
}

#[derive(Deserialize)]
struct Scenario {
    name: String,
    role: String,
    #[serde(default)]
    filled: u32,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    at: u64,
    r#in: In,
    out: Vec<Value>,
    deadline: Option<u64>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum In {
    Start {
        resumed: bool,
    },
    Ring {
        relay_only: bool,
        offer_only: bool,
    },
    Answer,
    Accepted,
    NodeReturned,
    Ice,
    Signal {
        signal: Signal,
    },
    Described {
        epoch: Epoch,
        role: DescriptionRole,
        sdp: Sdp,
    },
    Candidate {
        epoch: Epoch,
        candidate: CandidateLine,
        mid: MediaId,
    },
    Taken {
        epoch: Epoch,
        seen: Seen,
    },
    Path {
        epoch: Epoch,
        state: String,
    },
    Channel {
        epoch: Epoch,
        open: bool,
    },
    Hear {
        epoch: Epoch,
        talk: Talk,
    },
    Write {
        body: Body,
    },
    End,
    Tick,
}

fn input(input: In) -> Input {
    match input {
        In::Start { resumed } => Input::Start { resumed },
        In::Ring {
            relay_only,
            offer_only,
        } => Input::Ring {
            relay_only,
            offer_only,
        },
        In::Answer => Input::Answer,
        In::Accepted => Input::Accepted,
        In::NodeReturned => Input::NodeReturned,
        In::Ice => Input::Ice,
        In::Signal { signal } => Input::Signal(signal),
        In::Described { epoch, role, sdp } => {
            Input::Peer(epoch, PeerInput::Described { role, sdp })
        }
        In::Candidate {
            epoch,
            candidate,
            mid,
        } => Input::Peer(epoch, PeerInput::Candidate { candidate, mid }),
        In::Taken { epoch, seen } => Input::Peer(epoch, PeerInput::Taken { seen }),
        In::Path { epoch, state } => Input::Peer(
            epoch,
            PeerInput::Path(match state.as_str() {
                "connected" => PathState::Connected,
                "lost" => PathState::Lost,
                "failed" => PathState::Failed,
                _ => PathState::Connecting,
            }),
        ),
        In::Channel { epoch, open } => Input::Peer(epoch, PeerInput::Channel { open }),
        In::Hear { epoch, talk } => Input::Peer(epoch, PeerInput::Hear(talk)),
        In::Write { body } => Input::Write(body),
        In::End => Input::End,
        In::Tick => Input::Tick,
    }
}

fn told(effect: Effect) -> Value {
    let entry = |Entry { id, at, body }: Entry| json!({ "id": id, "at": at, "body": body });
    match effect {
        Effect::Connect(epoch) => json!({ "type": "connect", "epoch": epoch }),
        Effect::Prepare(epoch) => json!({ "type": "prepare", "epoch": epoch }),
        Effect::Gather => json!({ "type": "gather" }),
        Effect::Restart => json!({ "type": "restart" }),
        Effect::Take(signal) => json!({ "type": "take", "signal": signal }),
        Effect::Signal(signal) => json!({ "type": "signal", "signal": signal }),
        Effect::Flow(entries) => {
            json!({ "type": "flow", "entries": entries.into_iter().map(entry).collect::<Vec<_>>() })
        }
        Effect::Entry(written) => json!({ "type": "entry", "entry": entry(written) }),
        Effect::Tell(talk) => json!({ "type": "tell", "talk": talk }),
        Effect::WantIce => json!({ "type": "want_ice" }),
        Effect::Heard(heard) => json!({ "type": "heard", "entry": entry(heard) }),
        Effect::Delivered(id) => json!({ "type": "delivered", "id": id }),
        Effect::Show(connection) => {
            let word = match connection {
                Connection::Connecting => "connecting",
                Connection::Open => "open",
                Connection::Reconnecting => "reconnecting",
                Connection::Ended => "ended",
            };
            json!({ "type": "show", "connection": word })
        }
        Effect::Full => json!({ "type": "full" }),
    }
}

fn said(text: &str) -> Body {
    let text = MessageText::truncated(text);
    Body::Message { text }
}

fn epoch(text: &str) -> Epoch {
    serde_json::from_value(json!(text)).unwrap()
}

#[test]
fn the_session_layer_does_what_the_scenarios_say() {
    let file: File = serde_json::from_str(FIXTURES).unwrap();
    assert!(file.scenarios.len() > 30);
    for scenario in file.scenarios {
        let role = if scenario.role == "agent" {
            Role::Agent
        } else {
            Role::Visitor
        };
        let mut epochs = 0;
        let source = Source {
            epoch: Box::new(move || {
                epochs += 1;
                epoch(&format!("e{epochs}"))
            }),
            chance: Box::new(|| 0.5),
        };
        let mut transcript = Transcript::new(role, epoch(&scenario.role));
        for seq in 1..=scenario.filled {
            let id = EntryId {
                epoch: epoch("past"),
                seq,
            };
            let (at, body) = (Timestamp::ZERO, said("."));
            assert_eq!(transcript.receive(&Entry { id, at, body }), Receipt::New);
        }
        let mut core = SessionCore::new(transcript, source);
        for (number, step) in scenario.steps.into_iter().enumerate() {
            let now = Timestamp::from_millis(step.at);
            let effects = core.handle(now, input(step.r#in)).expect("there is room");
            let out: Vec<_> = effects.into_iter().map(told).collect();
            let place = format!("{}, step {number}", scenario.name);
            assert_eq!(out, step.out, "{place}");
            let deadline = core.deadline().map(Timestamp::as_millis);
            assert_eq!(deadline, step.deadline, "{place}");
        }
    }
}
