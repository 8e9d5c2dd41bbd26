//! What the node keeps on disk: agents, sites, sign-ins, its own secrets and how visits went.
//! Never what anybody said.

mod agents;
mod policies;
mod sites;
mod visits;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use tokio::sync::Semaphore;
use uuid::Uuid;

pub use agents::{Agent, NewAgent, SignIn, Token};
pub use policies::{PolicyList, PolicyLists};
pub use sites::{NewSite, Preconnect, Site, SiteChange};

/// The database of one node.
#[derive(Clone, Debug)]
pub struct Accounts {
    pool: SqlitePool,
    /// Turns at hashing passwords: signing in must not starve the sockets of memory.
    hashing: Arc<Semaphore>,
}

/// Passwords hashed at once.
const HASHES: usize = 2;

/// Something could not be kept or found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AccountsError {
    /// The database cannot be opened.
    #[error("database: cannot open {path}")]
    Open {
        path: PathBuf,
        #[source]
        source: sqlx::Error,
    },
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    /// The database is of a shape this program cannot bring up to date.
    #[error("the database cannot be brought up to date")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// There is one of that name already.
    #[error("{0} exists already")]
    Exists(String),
    /// There is none of that name.
    #[error("there is no {0}")]
    Missing(String),
    /// A value that cannot be taken.
    #[error("{0}")]
    Invalid(String),
    /// The password cannot be hashed.
    #[error("the password cannot be hashed: {0}")]
    Password(argon2::password_hash::Error),
}

impl Accounts {
    /// Opens the database, makes it if it is not there, and brings it up to date.
    pub async fn open(path: &Path) -> Result<Self, AccountsError> {
        let unopened = |source| AccountsError::Open {
            path: path.to_owned(),
            source,
        };
        make_private(path).map_err(|error| unopened(error.into()))?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(Duration::from_secs(5));
        let pool = SqlitePoolOptions::new()
            .max_connections(4)
            .connect_with(options)
            .await
            .map_err(unopened)?;
        sqlx::migrate!("./migrations").run(&pool).await?;
        Ok(Self {
            pool,
            hashing: Arc::new(Semaphore::new(HASHES)),
        })
    }

    /// Waits until everything is written and closes.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// A secret of this name, made at random the first time it is asked for.
    pub async fn secret(&self, name: &str) -> Result<[u8; 32], AccountsError> {
        let mut fresh = [0; 32];
        fresh[..16].copy_from_slice(Uuid::new_v4().as_bytes());
        fresh[16..].copy_from_slice(Uuid::new_v4().as_bytes());
        sqlx::query("INSERT INTO secrets (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING")
            .bind(name)
            .bind(fresh.as_slice())
            .execute(&self.pool)
            .await?;
        let (value,): (Vec<u8>,) = sqlx::query_as("SELECT value FROM secrets WHERE name = ?")
            .bind(name)
            .fetch_one(&self.pool)
            .await?;
        value
            .try_into()
            .map_err(|_| AccountsError::Invalid(format!("secret {name} is damaged")))
    }
}

/// Makes the file if it is not there, for its owner alone: it holds secrets. SQLite gives the files
/// that it puts beside it the same mode.
fn make_private(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// An error and what caused it, for the log.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |error| error.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// Reads an id column; a value that is no id means a damaged database, not a caller's mistake.
fn read_id(text: &str) -> Result<Uuid, AccountsError> {
    Uuid::parse_str(text).map_err(|error| sqlx::Error::Decode(error.into()).into())
}

/// Turns the database's refusal of a double into the name that exists.
fn exists(error: sqlx::Error, what: impl FnOnce() -> String) -> AccountsError {
    match &error {
        sqlx::Error::Database(refusal) if refusal.is_unique_violation() => {
            AccountsError::Exists(what())
        }
        _ => AccountsError::Database(error),
    }
}

/// Turns the database's refusal of what names nothing into the name that is missing.
fn missing(error: sqlx::Error, what: impl FnOnce() -> String) -> AccountsError {
    match &error {
        sqlx::Error::Database(refusal) if refusal.is_foreign_key_violation() => {
            AccountsError::Missing(what())
        }
        _ => AccountsError::Database(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[tokio::test]
    async fn the_database_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = std::env::temp_dir().join(format!("isession-{}", Uuid::new_v4()));
        std::fs::create_dir_all(&folder).unwrap();
        let accounts = Accounts::open(&folder.join("isession.db")).await.unwrap();
        accounts.secret("tickets").await.unwrap();
        let mut files = Vec::new();
        for file in std::fs::read_dir(&folder).unwrap() {
            let file = file.unwrap();
            let mode = file.metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{:?}", file.file_name());
            files.push(file.file_name());
        }
        assert!(files.len() > 1, "no log beside it: {files:?}");
        accounts.close().await;
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn the_log_tells_why_the_database_failed() {
        let error = AccountsError::from(sqlx::Error::WorkerCrashed);
        let cause = sqlx::Error::WorkerCrashed.to_string();
        assert_eq!(chain(&error), format!("the database failed: {cause}"));
    }
}
