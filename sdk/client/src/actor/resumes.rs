//! What the other side asks for again and again. Each `resume` costs a look through the whole
//! conversation, and may bring all of it out once more.

use std::time::Duration;

use isession_protocol::channel::Talk;
use tokio::time::Instant;

/// Heard within one `SPAN`; of more the newest is heard after it, for it says all.
const MOST: u32 = 8;
const SPAN: Duration = Duration::from_secs(1);

/// The resumes of one connection.
#[derive(Debug, Default)]
pub(super) struct Resumes {
    /// When the span ends.
    until: Option<Instant>,
    heard: u32,
    late: Option<Talk>,
}

impl Resumes {
    /// Gives back what is to be heard now.
    pub(super) fn hear(&mut self, now: Instant, talk: Talk) -> Option<Talk> {
        if !matches!(talk, Talk::Resume { .. }) {
            return Some(talk);
        }
        if self.until.is_none_or(|until| until <= now) {
            self.until = Some(now + SPAN);
            self.heard = 0;
        }
        self.heard += 1;
        // One that is heard now says more than one that waits.
        self.late = None;
        if self.heard > MOST {
            self.late = Some(talk);
            return None;
        }
        Some(talk)
    }

    /// When one that waits is to be heard.
    pub(super) fn due(&self) -> Option<Instant> {
        self.until.filter(|_| self.late.is_some())
    }

    /// The one that waits.
    pub(super) fn take(&mut self) -> Option<Talk> {
        self.late.take()
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        reason = "a test that cannot be set up has failed"
    )]

    use isession_protocol::decode;

    use super::*;

    fn resume(seq: u32) -> Talk {
        decode(
            &format!(r#"{{"type":"resume","seen":{{"a":{seq}}}}}"#),
            1000,
        )
        .unwrap()
    }

    #[test]
    fn of_a_flood_eight_are_heard_and_the_last_a_second_later() {
        let (mut resumes, began) = (Resumes::default(), Instant::now());
        let heard: Vec<_> = (0..1000)
            .filter_map(|seq| resumes.hear(began, resume(seq)))
            .collect();
        assert_eq!(heard, (0..8).map(resume).collect::<Vec<_>>());
        assert_eq!(resumes.due(), Some(began + SPAN));
        assert_eq!(resumes.take(), Some(resume(999)));
        assert_eq!(resumes.due(), None);
        let later = began + SPAN;
        assert_eq!(resumes.hear(later, resume(1000)), Some(resume(1000)));
    }
}
