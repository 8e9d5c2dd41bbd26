//! Following an agent who goes ahead over the site: what this side's own code lets through.

use isession_protocol::channel::{Blocked, Body, Consent, Grant, Permission, Point};
use isession_protocol::signaling::PagePolicy;
use url::Url;

use super::Actor;
use crate::lead::{always_asks, shown_address};
use crate::session::SessionEvent;
use crate::session_core::Input;
use crate::transcript::Role;

/// Whether the visitor stops leading with this.
pub(super) const fn stops_leads(body: &Body) -> bool {
    matches!(
        body,
        Body::Consent {
            consent: Consent::Stop
        }
    )
}

impl Actor {
    fn follows(&self) -> bool {
        let grant = self.core.transcript().grant(Permission::Follow);
        self.config.role == Role::Visitor && grant == Some(Grant::Granted)
    }

    /// Nobody is asked each time: it stays on the site, goes nowhere where the site wants the
    /// visitor to be asked, and carries no more of an address than the site tells of its own.
    pub(super) fn judge_guide(&self, url: &str) -> Result<Url, Blocked> {
        if !self.follows() {
            return Err(Blocked::NotPermitted);
        }
        let url = self.judge(url)?;
        let PagePolicy { origins, query, .. } = &self.config.page;
        let origin = url.origin().ascii_serialization();
        if always_asks(&url, &self.config.lead_policy) {
            Err(Blocked::NotPermitted)
        } else if !origins.iter().any(|known| known.as_str() == origin) {
            Err(Blocked::NotAllowed)
        } else {
            Ok(shown_address(url, query))
        }
    }

    /// The agent's page begins there. One that was overtaken on the way is older.
    pub(super) fn scrolled(&mut self, n: u32, at: Point, of: Option<Point>) {
        if self.follows() && self.scrolled < Some(n) {
            self.scrolled = Some(n);
            self.tell(SessionEvent::Scroll { at, of });
        }
    }

    /// A grant may have crossed what the agent gave back: both sides end with the same word.
    pub(super) fn given_back(&mut self) {
        if self.config.role == Role::Visitor {
            for permission in [Permission::Point, Permission::View, Permission::Follow] {
                if self.core.transcript().is_given_back(permission) {
                    let grant = Grant::Withdrawn;
                    self.answer(Body::Grant { permission, grant });
                }
            }
        }
    }

    /// Who stops leading follows nobody either.
    pub(super) async fn follow_no_longer(&mut self) {
        let permission = Permission::Follow;
        let follow = self.core.transcript().grant(permission);
        if matches!(follow, Some(Grant::Granted | Grant::Paused)) {
            let grant = Grant::Withdrawn;
            self.feed(Input::Write(Body::Grant { permission, grant }))
                .await;
        }
    }
}
