//! What visitors and agents may both do with a link or a session of their own.

use isession_protocol::ErrorCode;
use isession_protocol::ids::{LinkId, SessionId};
use isession_protocol::signaling::{Path, Signal, ToAgent, ToVisitor};
use isession_switchboard::{Input, Side};

use super::socket::Refusal;
use crate::node::Shared;
use crate::outbox::Outbox;
use crate::sockets::Person;

impl Person {
    /// Carries a signal to the other side.
    pub(super) fn signal(
        self,
        shared: &Shared,
        link: LinkId,
        signal: Signal,
    ) -> Result<(), Refusal> {
        Ok(shared.sockets.relay(self, link, signal)?)
    }

    /// Tells fresh relays.
    pub(super) fn ice(self, shared: &Shared, outbox: &Outbox, link: LinkId) -> Result<(), Refusal> {
        let stage = shared.sockets.stage(self, link)?;
        let ice = shared.ice(link, stage, outbox);
        match self {
            Self::Visitor(_) => outbox.send(&ToVisitor::Ice { link, ice }),
            Self::Agent(_) => outbox.send(&ToAgent::Ice { link, ice }),
        }
        Ok(())
    }

    /// Notes the path that a session took.
    pub(super) fn path(self, shared: &Shared, link: LinkId, path: Path) -> Result<(), Refusal> {
        let before = shared.sockets.set_path(self, link, path)?;
        shared.metrics.repath(before, Some(path));
        Ok(())
    }

    /// Ends a session.
    pub(super) async fn end(self, shared: &Shared, session: SessionId) -> Result<(), Refusal> {
        shared.sockets.check_session(self, session)?;
        let by = match self {
            Self::Visitor(_) => Side::Visitor,
            Self::Agent(_) => Side::Agent,
        };
        shared.append(Input::SessionEnded { session, by }).await
    }
}

impl Shared {
    /// Tells the switchboard.
    pub(super) async fn append(&self, input: Input) -> Result<(), Refusal> {
        let stopping = Refusal::mild(ErrorCode::Unknown, "the node is stopping");
        self.log.append(input).await.map_err(|_| stopping)
    }
}
