use isession_protocol::Timestamp;
use isession_switchboard::Departed;

use super::agents::column;
use super::{Accounts, AccountsError};

impl Accounts {
    /// Keeps how a visit went.
    pub async fn record_visit(
        &self,
        visit: &Departed,
        now: Timestamp,
    ) -> Result<(), AccountsError> {
        let session = visit.session.as_ref();
        sqlx::query(
            "INSERT OR REPLACE INTO visits \
             (visitor, site, outcome, waited, session, agent, started, ended) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(visit.visitor.to_string())
        .bind(visit.site.as_str())
        .bind(visit.outcome.as_str())
        .bind(i64::try_from(visit.waited).unwrap_or(i64::MAX))
        .bind(session.map(|session| session.session.to_string()))
        .bind(session.map(|session| session.agent.id.to_string()))
        .bind(session.map(|session| column(session.started)))
        .bind(column(now))
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}
