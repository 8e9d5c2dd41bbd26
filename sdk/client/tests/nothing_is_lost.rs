//! Whatever breaks and whenever: no entry is lost, doubled or out of order.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

use isession_protocol::Timestamp;
use isession_protocol::bounded::MessageText;
use isession_protocol::channel::{Body, Entry};
use isession_protocol::ids::Epoch;
use isession_sdk::Role;
use isession_sdk::transcript::{Receipt, Transcript};
use proptest::prelude::*;

/// Something that happens to two sides.
#[derive(Clone, Debug)]
enum Happening {
    VisitorSays,
    AgentSays,
    /// A channel opens: so many entries get through each way before it breaks, and so many of
    /// those are acknowledged.
    Connect {
        through: usize,
        acked: usize,
    },
    /// Entries of an old channel arrive late.
    Repeat {
        count: usize,
    },
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        3 => Just(Happening::VisitorSays),
        3 => Just(Happening::AgentSays),
        2 => (0usize..6, 0usize..6).prop_map(|(through, acked)| Happening::Connect { through, acked }),
        1 => (1usize..6).prop_map(|count| Happening::Repeat { count }),
    ]
}

struct Side {
    transcript: Transcript,
    said: Vec<String>,
    heard: Vec<String>,
    wire: Vec<Entry>,
}

impl Side {
    fn new(role: Role, epoch: &str) -> Self {
        Self {
            transcript: Transcript::new(role, Epoch::try_from(epoch.to_owned()).unwrap()),
            said: Vec::new(),
            heard: Vec::new(),
            wire: Vec::new(),
        }
    }

    fn say(&mut self, number: usize) {
        let text = MessageText::truncated(&number.to_string());
        self.said.push(number.to_string());
        self.transcript
            .write(Body::Message { text }, Timestamp::ZERO)
            .unwrap();
    }

    fn hear(&mut self, entry: &Entry) -> Receipt {
        let receipt = self.transcript.receive(entry);
        if let (Receipt::New, Body::Message { text }) = (receipt, &entry.body) {
            self.heard.push(text.as_str().to_owned());
        }
        receipt
    }

    /// Sends what the other side is missing, as far as the channel carries it.
    fn send(&mut self, to: &mut Self, through: usize, acked: usize) {
        let missing = self.transcript.missing(&to.transcript.seen());
        for (index, entry) in missing.iter().take(through).enumerate() {
            assert_eq!(to.hear(entry), Receipt::New);
            self.wire.push(entry.clone());
            if index < acked {
                self.transcript.acknowledge(&entry.id);
            }
        }
    }
}

proptest! {
    #[test]
    fn over_any_sequence_of_breaks(happenings in prop::collection::vec(happening(), 0..80)) {
        let mut visitor = Side::new(Role::Visitor, "v");
        let mut agent = Side::new(Role::Agent, "a");
        for (number, happening) in happenings.into_iter().enumerate() {
            match happening {
                Happening::VisitorSays => visitor.say(number),
                Happening::AgentSays => agent.say(number),
                Happening::Connect { through, acked } => {
                    visitor.send(&mut agent, through, acked);
                    agent.send(&mut visitor, through, acked);
                }
                Happening::Repeat { count } => {
                    for entry in visitor.wire.iter().rev().take(count) {
                        prop_assert_eq!(agent.hear(entry), Receipt::Double);
                    }
                }
            }
        }
        visitor.send(&mut agent, usize::MAX, 0);
        agent.send(&mut visitor, usize::MAX, 0);
        prop_assert_eq!(&agent.heard, &visitor.said);
        prop_assert_eq!(&visitor.heard, &agent.said);
    }
}
