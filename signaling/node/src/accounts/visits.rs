use std::time::Duration;

use isession_protocol::Timestamp;
use isession_protocol::ids::VisitorId;
use isession_protocol::signaling::EndReason;
use isession_switchboard::{Departed, SPENT, Spent};

use super::agents::column;
use super::{Accounts, AccountsError, read_id};

/// The reasons and their words in the database.
const REASONS: [(EndReason, &str); 6] = [
    (EndReason::ByVisitor, "by_visitor"),
    (EndReason::ByAgent, "by_agent"),
    (EndReason::Abandoned, "abandoned"),
    (EndReason::Expired, "expired"),
    (EndReason::Unanswered, "unanswered"),
    (EndReason::Unknown, "unknown"),
];

fn word(reason: EndReason) -> &'static str {
    let found = REASONS.iter().find(|(known, _)| *known == reason);
    found.map_or("unknown", |(_, word)| word)
}

fn reason(word: &str) -> EndReason {
    let found = REASONS.iter().find(|(_, known)| *known == word);
    found.map_or(EndReason::Unknown, |(reason, _)| *reason)
}

impl Accounts {
    /// Keeps how a visit went.
    pub async fn record_visit(
        &self,
        visit: &Departed,
        now: Timestamp,
    ) -> Result<(), AccountsError> {
        let session = visit.session.as_ref();
        sqlx::query(
            "INSERT INTO visits \
             (visitor, site, outcome, reason, waited, session, agent, started, ended) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(visit.visitor.to_string())
        .bind(visit.site.as_str())
        .bind(visit.outcome.as_str())
        .bind(word(visit.reason))
        .bind(i64::try_from(visit.waited).unwrap_or(i64::MAX))
        .bind(session.map(|session| session.session.to_string()))
        .bind(session.map(|session| session.agent.id.to_string()))
        .bind(session.map(|session| column(session.started)))
        .bind(column(now))
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// The visits that ended after this time, the oldest first; the newest of them if they are
    /// more than a switchboard remembers.
    pub async fn visits_after(
        &self,
        time: Timestamp,
    ) -> Result<Vec<(VisitorId, Spent)>, AccountsError> {
        let rows: Vec<(String, Option<String>, String, i64)> = sqlx::query_as(
            "SELECT visitor, session, reason, ended FROM visits WHERE ended > ? \
             ORDER BY ended DESC, id DESC LIMIT ?",
        )
        .bind(column(time))
        .bind(i64::try_from(SPENT).unwrap_or(i64::MAX))
        .fetch_all(&self.pool)
        .await?;
        let mut visits = Vec::with_capacity(rows.len());
        for (visitor, session, word, ended) in rows.into_iter().rev() {
            let spent = Spent {
                served: session.map(|_| reason(&word)),
                ended: Timestamp::from_millis(ended.unsigned_abs()),
            };
            visits.push((VisitorId::new(read_id(&visitor)?), spent));
        }
        Ok(visits)
    }

    /// Forgets the visits that ended longer ago than this; gives back how many.
    pub async fn forget_visits(&self, age: Duration, now: Timestamp) -> Result<u64, AccountsError> {
        let age = u64::try_from(age.as_millis()).unwrap_or(u64::MAX);
        let oldest = now.as_millis().saturating_sub(age);
        let gone = sqlx::query("DELETE FROM visits WHERE ended < ?")
            .bind(column(Timestamp::from_millis(oldest)))
            .execute(&self.pool)
            .await?;
        Ok(gone.rows_affected())
    }
}

#[cfg(test)]
mod tests {
    use isession_switchboard::Outcome;
    use uuid::Uuid;

    use super::*;

    fn departed(visitor: u128, reason: EndReason) -> Departed {
        Departed {
            visitor: VisitorId::new(Uuid::from_u128(visitor)),
            site: "shop".parse().unwrap(),
            outcome: Outcome::Abandoned,
            reason,
            waited: 5,
            session: None,
        }
    }

    #[test]
    fn every_reason_is_read_back() {
        for (known, name) in REASONS {
            assert_eq!((word(known), reason(name)), (name, known));
        }
    }

    #[tokio::test]
    async fn every_visit_is_kept_for_its_time_and_no_longer() {
        let file = std::env::temp_dir().join(format!("isession-{}.db", Uuid::new_v4()));
        let accounts = Accounts::open(&file).await.unwrap();
        // The first comes back, and ends again.
        for (visitor, ended) in [(1, 1000), (2, 2000), (1, 3000)] {
            let visit = departed(visitor, EndReason::Abandoned);
            let ended = Timestamp::from_millis(ended);
            accounts.record_visit(&visit, ended).await.unwrap();
        }
        let ended = async |after| {
            let visits = accounts.visits_after(Timestamp::from_millis(after)).await;
            let visits = visits.unwrap().into_iter();
            visits
                .map(|(_, spent)| spent.ended.as_millis())
                .collect::<Vec<_>>()
        };
        assert_eq!(ended(0).await, [1000, 2000, 3000]);
        assert_eq!(ended(1000).await, [2000, 3000]);
        let (age, now) = (Duration::from_secs(1), Timestamp::from_millis(3500));
        assert_eq!(accounts.forget_visits(age, now).await.unwrap(), 2);
        assert_eq!(ended(0).await, [3000]);
        accounts.close().await;
        std::fs::remove_file(file).unwrap();
    }
}
