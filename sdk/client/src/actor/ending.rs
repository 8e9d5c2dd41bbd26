//! How a session's task ends: by this side's goodbye, by the other's, or by the node's word.

use std::time::Duration;

use isession_protocol::signaling::EndReason;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};

use super::Actor;
use crate::SdkError;
use crate::session::{LinkOutput, SessionEvent};
use crate::session_core::{Connection, Input};
use crate::transcript::Role;

/// How long goodbye may take to leave.
const GOODBYE: Duration = Duration::from_millis(1500);
/// The last words of the other side may still be on their way when the node tells the end.
const LAST_WORDS: Duration = Duration::from_secs(2);

impl Actor {
    /// Says goodbye. Both ways at once: either may be gone, and not every stack sees a connection
    /// close that goes over a relay.
    pub(super) async fn end(&mut self, done: oneshot::Sender<()>) {
        let told = self.link.try_send(LinkOutput::End).is_ok();
        let goodbye = async {
            self.try_feed(Input::End).await?;
            self.drained().await;
            Ok::<(), SdkError>(())
        };
        let _ = timeout(GOODBYE, goodbye).await;
        if !told {
            let _ = self.link.send(LinkOutput::End).await;
        }
        self.finish(match self.config.role {
            Role::Visitor => EndReason::ByVisitor,
            Role::Agent => EndReason::ByAgent,
        });
        let _ = done.send(());
    }

    /// What was said before the end may come after it, for it goes another way.
    pub(super) fn ended_by_node(&mut self, reason: EndReason) {
        if self.core.connection() == Connection::Open {
            self.ends
                .get_or_insert_with(|| (Instant::now() + LAST_WORDS, reason));
        } else {
            self.finish(reason);
        }
    }

    pub(super) fn finish(&mut self, reason: EndReason) {
        if !self.over {
            self.over = true;
            self.bulk.send_replace(None);
            self.peer = None;
            self.tell(SessionEvent::Ended(reason));
        }
    }

    /// Waits until the other side's stack has everything.
    async fn drained(&mut self) {
        loop {
            self.pump().await;
            let Some(peer) = &self.peer else { return };
            if self.outbox.is_empty() && peer.unsent().await == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}
