//! What the other side said, for the program.

use isession_protocol::bounded::Label;
use isession_protocol::channel::{
    Blocked, Body, Consent, Entry, EntryId, Failed, Glance, Grant, Landing, Permission,
};
use isession_protocol::signaling::EndReason;
use url::Url;

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
            Body::Lead { url } => {
                let verdict = self.judge(url.as_str());
                if verdict.is_ok() {
                    let landing = Landing::Shown;
                    let lead = id.clone();
                    self.answer(Body::Landing { lead, landing });
                }
                self.judged(id, verdict, SessionEvent::Lead);
            }
            Body::Guide { url } => {
                let verdict = self.judge_guide(url.as_str());
                self.judged(id, verdict, SessionEvent::Guide);
            }
            Body::Ask {
                permission: Permission::Follow,
            } => self.tell(SessionEvent::Ask(Permission::Follow)),
            Body::Release { permission } => {
                self.given_back();
                self.tell(SessionEvent::Release(permission));
            }
            Body::Landing { lead, landing } => self.tell(SessionEvent::Landing { lead, landing }),
            Body::Consent { consent } => self.tell(SessionEvent::Consent(consent)),
            Body::Grant { permission, grant } => {
                self.tell(SessionEvent::Grant { permission, grant });
            }
            Body::Highlighted {
                highlight,
                found,
                label,
                why,
            } => self.tell(SessionEvent::Highlighted {
                highlight,
                found,
                label: label.into(),
                why,
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
                why: Some(Blocked::NotPermitted),
            }),
            Body::Bye => self.finish(match self.config.role {
                Role::Visitor => EndReason::ByAgent,
                Role::Agent => EndReason::ByVisitor,
            }),
            Body::Ask { .. } | Body::Location(_) | Body::Unknown => {}
        }
    }

    /// What is worth nothing a moment later.
    pub(super) fn glanced(&mut self, glance: &Glance) {
        match *glance {
            Glance::Typing { typing } => self.tell(SessionEvent::Typing(typing)),
            Glance::Scroll { n, at, of } => self.scrolled(n, at, of),
            _ => {}
        }
    }

    pub(super) fn judge(&self, url: &str) -> Result<Url, Blocked> {
        let url = judge_lead(url, &self.config.lead_policy)?;
        if self.core.transcript().consent() == Consent::Stop {
            return Err(Blocked::Stopped);
        }
        Ok(url)
    }

    pub(super) fn answer(&mut self, body: Body) {
        self.inputs.push_back(Input::Write(body));
    }

    /// Only what this side's own code lets through reaches the program.
    fn judged(
        &mut self,
        id: EntryId,
        verdict: Result<Url, Blocked>,
        event: fn(LeadRequest) -> SessionEvent,
    ) {
        match verdict {
            Ok(url) => self.tell(event(LeadRequest {
                id,
                url,
                commands: self.commands.upgrade(),
            })),
            Err(why) => self.answer(Body::Landing {
                lead: id,
                landing: Landing::Blocked { why },
            }),
        }
    }
}
