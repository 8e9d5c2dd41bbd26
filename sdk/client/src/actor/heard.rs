//! What the other side said, for the program.

use isession_protocol::bounded::Label;
use isession_protocol::channel::{
    Blocked, Body, Consent, Entry, EntryId, Failed, Grant, Landing, Permission,
};
use isession_protocol::signaling::EndReason;

use super::Actor;
use crate::lead::judge_lead;
use crate::session::{LeadRequest, SessionEvent};
use crate::session_core::Input;
use crate::transcript::Role;

impl Actor {
    pub(super) fn heard(&mut self, Entry { id, body, .. }: Entry) {
        match body {
            Body::Message { text } => self.tell(SessionEvent::Message {
                id,
                text: text.into(),
            }),
            Body::Lead { url } => self.hear_lead(id, url.as_str()),
            Body::Landing { lead, landing } => self.tell(SessionEvent::Landing { lead, landing }),
            Body::Consent { consent } => self.tell(SessionEvent::Consent(consent)),
            Body::Grant { permission, grant } => {
                self.tell(SessionEvent::Grant { permission, grant });
            }
            Body::Highlighted {
                highlight,
                found,
                label,
            } => self.tell(SessionEvent::Highlighted {
                highlight,
                found,
                label: label.into(),
            }),
            // A program shows no page: none that could go back, be seen, or be pointed at.
            Body::Travel { .. } => self.answer(Body::Landing {
                lead: id,
                landing: Landing::Failed {
                    why: Failed::NoPage,
                },
            }),
            Body::Ask { permission } if permission != Permission::Unknown => {
                self.answer(Body::Grant {
                    permission,
                    grant: Grant::NoPage,
                });
            }
            Body::Highlight { .. } => self.answer(Body::Highlighted {
                highlight: id,
                found: false,
                label: Label::default(),
            }),
            Body::Bye => self.finish(match self.config.role {
                Role::Visitor => EndReason::ByAgent,
                Role::Agent => EndReason::ByVisitor,
            }),
            Body::Ask { .. } | Body::Location(_) | Body::Unknown => {}
        }
    }

    fn answer(&mut self, body: Body) {
        self.inputs.push_back(Input::Write(body));
    }

    /// Only leads that this side's own code lets through reach the program.
    fn hear_lead(&mut self, id: EntryId, url: &str) {
        let verdict = match judge_lead(url, &self.config.lead_policy) {
            Ok(_) if self.core.transcript().consent() == Consent::Stop => Err(Blocked::Stopped),
            verdict => verdict,
        };
        let landing = match &verdict {
            Ok(_) => Landing::Shown,
            Err(why) => Landing::Blocked { why: *why },
        };
        let lead = id.clone();
        self.answer(Body::Landing { lead, landing });
        if let Ok(url) = verdict {
            self.tell(SessionEvent::Lead(LeadRequest {
                id,
                url,
                commands: self.commands.upgrade(),
            }));
        }
    }
}
