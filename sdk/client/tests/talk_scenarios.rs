//! The session layer does what fixtures/talk_scenarios.json says, as the browsers' does. The
//! steps are explained at the head of that file.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

use isession_protocol::Timestamp;
use isession_protocol::bounded::MessageText;
use isession_protocol::channel::{Body, Entry, EntryId, Seen};
use isession_protocol::ids::Epoch;
use isession_sdk::Role;
use isession_sdk::transcript::{Receipt, Transcript};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const SCENARIOS: &str = include_str!("../../protocol/fixtures/talk_scenarios.json");

struct World {
    visitor: Transcript,
    agent: Transcript,
}

impl World {
    fn new() -> Self {
        Self {
            visitor: Transcript::new(Role::Visitor, epoch("v1")),
            agent: Transcript::new(Role::Agent, epoch("a1")),
        }
    }

    fn side(&mut self, step: &Value) -> &mut Transcript {
        if step["side"] == "visitor" {
            &mut self.visitor
        } else {
            &mut self.agent
        }
    }

    /// What the step gives, to be compared with what is expected.
    fn run(&mut self, step: &Value) -> Value {
        match step["do"].as_str().unwrap() {
            "write" => {
                let at = read(&step["at"]);
                write(self.side(step), read(&step["body"]), at)
            }
            "write_long" => {
                let times = step["times"].as_u64().unwrap() as usize;
                let text = step["unit"].as_str().unwrap().repeat(times);
                match MessageText::new(text) {
                    Ok(text) => write(self.side(step), Body::Message { text }, Timestamp::ZERO),
                    Err(_) => json!("too_long"),
                }
            }
            "fill" => {
                for _ in 0..step["times"].as_u64().unwrap() {
                    let text = MessageText::truncated("x");
                    write(self.side(step), Body::Message { text }, Timestamp::ZERO);
                }
                Value::Null
            }
            "receive" => {
                let entry: Entry = read(&step["entry"]);
                json!(told(self.side(step).receive(&entry)))
            }
            "connect" => self.connect(step),
            "missing" => {
                let seen: Seen = read(&step["seen"]);
                let missing = self.side(step).missing(&seen);
                missing.iter().map(|entry| name(&entry.id)).collect()
            }
            "seen" => serde_json::to_value(self.side(step).seen()).unwrap(),
            "acknowledge" => {
                let id: EntryId = read(&step["id"]);
                self.side(step).acknowledge(&id);
                Value::Null
            }
            "consent" => serde_json::to_value(self.side(step).consent()).unwrap(),
            "grant" => {
                let grant = self.side(step).grant(read(&step["permission"]));
                serde_json::to_value(grant).unwrap()
            }
            "ended" => json!(self.side(step).ended()),
            "forget" => {
                let role = self.side(step).role();
                *self.side(step) = Transcript::new(role, read(&step["epoch"]));
                Value::Null
            }
            other => panic!("what is {other}?"),
        }
    }

    fn connect(&mut self, step: &Value) -> Value {
        let (visitor_seen, agent_seen) = (self.visitor.seen(), self.agent.seen());
        let acks = step["acks"] != false;
        let most = |key: &str| step[key].as_u64().map_or(usize::MAX, |most| most as usize);
        let (visitor, agent) = (&mut self.visitor, &mut self.agent);
        let at_agent = carry(visitor, agent, &agent_seen, most("visitor_sends"), acks);
        let at_visitor = carry(agent, visitor, &visitor_seen, most("agent_sends"), acks);
        json!({ "visitor": at_visitor, "agent": at_agent })
    }
}

fn carry(
    from: &mut Transcript,
    to: &mut Transcript,
    seen: &Seen,
    most: usize,
    acks: bool,
) -> Vec<String> {
    let missing = from.missing(seen);
    let carried = missing.iter().take(most).map(|entry| {
        let receipt = told(to.receive(entry));
        if acks {
            from.acknowledge(&entry.id);
        }
        format!("{} {receipt}", name(&entry.id))
    });
    carried.collect()
}

fn write(side: &mut Transcript, body: Body, at: Timestamp) -> Value {
    match side.write(body, at) {
        Ok(entry) => json!(name(&entry.id)),
        Err(_) => json!("full"),
    }
}

fn told(receipt: Receipt) -> &'static str {
    match receipt {
        Receipt::New => "new",
        Receipt::Double => "double",
        Receipt::Gap => "gap",
        Receipt::Full => "full",
        Receipt::PassedOver => "passed_over",
    }
}

fn name(id: &EntryId) -> String {
    format!("{}.{}", id.epoch.as_str(), id.seq)
}

fn epoch(text: &str) -> Epoch {
    Epoch::try_from(text.to_owned()).unwrap()
}

fn read<T: DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap()
}

#[test]
fn every_scenario_goes_as_it_does_in_browsers() {
    let file: Value = serde_json::from_str(SCENARIOS).unwrap();
    let scenarios = file["scenarios"].as_array().unwrap();
    // A program keeps no saved form and shows no conversation.
    let ours: Vec<_> = scenarios
        .iter()
        .filter(|scenario| scenario["needs"].is_null())
        .collect();
    assert!(ours.len() >= 15, "only {} scenarios", ours.len());
    for scenario in ours {
        let mut world = World::new();
        for (index, step) in scenario["steps"].as_array().unwrap().iter().enumerate() {
            let given = world.run(step);
            let expected = step.get("expect").unwrap_or(&given);
            assert_eq!(&given, expected, "{}, step {index}", scenario["name"]);
        }
    }
}
