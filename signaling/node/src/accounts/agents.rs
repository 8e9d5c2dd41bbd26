use std::collections::BTreeSet;
use std::sync::Arc;

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Argon2, password_hash};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use isession_protocol::bounded::{Department, Name};
use isession_protocol::ids::{AgentId, SiteId};
use isession_protocol::signaling::AgentCard;
use isession_protocol::{Timestamp, limits};
use isession_switchboard::Sites;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Accounts, AccountsError, exists, missing, read_id};

/// An agent's account.
#[derive(Clone, Debug)]
pub struct Agent {
    pub card: AgentCard,
    pub login: String,
    /// Sessions side by side at the most.
    pub capacity: u32,
    pub sites: Sites,
    /// Empty: every department.
    pub departments: BTreeSet<Department>,
}

/// An account to make.
#[derive(Clone, Debug)]
pub struct NewAgent {
    pub login: String,
    pub name: Name,
    pub capacity: u32,
    /// Empty: every site.
    pub sites: Vec<SiteId>,
    /// Empty: every department.
    pub departments: Vec<Department>,
}

/// What an attempt to sign in came to.
#[derive(Clone, Debug)]
pub enum SignIn {
    /// The agent, and a token that proves it from now on.
    Welcome(Agent, Token),
    /// Wrong login or wrong password; which of them is not told.
    Refused,
}

/// Proves a sign-in. Its bearer is the agent.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// The token as it travels.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A token somebody presents.
    pub fn presented(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// 244 random bits (two version 4 UUIDs).
    fn fresh() -> Self {
        let mut bytes = Uuid::new_v4().as_bytes().to_vec();
        bytes.extend_from_slice(Uuid::new_v4().as_bytes());
        Self(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// What is kept: the database's reader must not become an agent.
    fn hash(&self) -> Vec<u8> {
        Sha256::digest(self.0.as_bytes()).to_vec()
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(..)")
    }
}

/// How long a sign-in lasts: a working week of not being asked again.
const SIGN_IN_LASTS: u64 = 7 * 24 * 60 * 60 * 1000;
/// Shorter passwords are refused (NIST SP 800-63B section 5.1.1.1).
const SHORTEST_PASSWORD: usize = 8;
/// Longer ones only cost hashing time.
const LONGEST_PASSWORD: usize = 256;
/// What the password of an unknown login is compared with: no password has this hash. It costs what
/// the hashes of agents cost, so a login that exists is not told apart.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5LCBub3doZXJlIQ$\
     AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// An agent who comes back presents the tickets of all sessions in one frame.
const MOST_SESSIONS: u32 = limits::TICKETS as u32;

impl Accounts {
    /// Makes an account.
    pub async fn add_agent(&self, new: NewAgent, password: &str) -> Result<AgentId, AccountsError> {
        let login = new.login.trim();
        if login.is_empty() || login.len() > 80 || login.chars().any(char::is_control) {
            return Err(AccountsError::Invalid(
                "a login is 1 to 80 printable bytes".to_owned(),
            ));
        }
        if !(1..=MOST_SESSIONS).contains(&new.capacity) {
            return Err(AccountsError::Invalid(format!(
                "a capacity is 1 to {MOST_SESSIONS}"
            )));
        }
        let hash = self.hash(password.to_owned()).await?;
        let id = Uuid::now_v7();
        let mut transaction = self.pool.begin().await?;
        sqlx::query(
            "INSERT INTO agents (id, login, name, password, capacity, all_sites) \
             VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(id.to_string())
        .bind(login)
        .bind(new.name.as_str())
        .bind(hash)
        .bind(new.capacity)
        .bind(new.sites.is_empty())
        .execute(&mut *transaction)
        .await
        .map_err(|error| exists(error, || format!("agent {login}")))?;
        // Named twice is named once.
        for site in new.sites.iter().collect::<BTreeSet<_>>() {
            sqlx::query("INSERT INTO agent_sites (agent, site) VALUES (?, ?)")
                .bind(id.to_string())
                .bind(site.as_str())
                .execute(&mut *transaction)
                .await
                .map_err(|error| missing(error, || format!("site {site}")))?;
        }
        for department in new.departments.iter().collect::<BTreeSet<_>>() {
            sqlx::query("INSERT INTO agent_departments (agent, department) VALUES (?, ?)")
                .bind(id.to_string())
                .bind(department.as_str())
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(AgentId::new(id))
    }

    /// All accounts, by login.
    pub async fn agents(&self) -> Result<Vec<Agent>, AccountsError> {
        let ids: Vec<(String,)> = sqlx::query_as("SELECT id FROM agents ORDER BY login")
            .fetch_all(&self.pool)
            .await?;
        let mut agents = Vec::with_capacity(ids.len());
        for (id,) in ids {
            agents.extend(self.agent(AgentId::new(read_id(&id)?)).await?);
        }
        Ok(agents)
    }

    /// One account.
    pub async fn agent(&self, id: AgentId) -> Result<Option<Agent>, AccountsError> {
        let key = id.to_string();
        let row: Option<(String, String, u32, bool)> =
            sqlx::query_as("SELECT login, name, capacity, all_sites FROM agents WHERE id = ?")
                .bind(&key)
                .fetch_optional(&self.pool)
                .await?;
        let Some((login, name, capacity, all_sites)) = row else {
            return Ok(None);
        };
        let sites: Vec<(String,)> = sqlx::query_as("SELECT site FROM agent_sites WHERE agent = ?")
            .bind(&key)
            .fetch_all(&self.pool)
            .await?;
        let sites: BTreeSet<SiteId> = sites.iter().filter_map(|(id,)| id.parse().ok()).collect();
        let departments: Vec<(String,)> =
            sqlx::query_as("SELECT department FROM agent_departments WHERE agent = ?")
                .bind(&key)
                .fetch_all(&self.pool)
                .await?;
        Ok(Some(Agent {
            card: AgentCard {
                id,
                name: Name::truncated(&name),
            },
            login,
            // Accounts of before may have more.
            capacity: capacity.min(MOST_SESSIONS),
            sites: if all_sites {
                Sites::All
            } else {
                Sites::Only(sites)
            },
            departments: departments
                .iter()
                .map(|(d,)| Department::truncated(d))
                .collect(),
        }))
    }

    /// Sets a new password and signs the agent out everywhere.
    pub async fn set_password(&self, login: &str, password: &str) -> Result<(), AccountsError> {
        let hash = self.hash(password.to_owned()).await?;
        let mut transaction = self.pool.begin().await?;
        let changed = sqlx::query("UPDATE agents SET password = ? WHERE login = ?")
            .bind(hash)
            .bind(login)
            .execute(&mut *transaction)
            .await?;
        if changed.rows_affected() == 0 {
            return Err(AccountsError::Missing(format!("agent {login}")));
        }
        sqlx::query("DELETE FROM logins WHERE agent IN (SELECT id FROM agents WHERE login = ?)")
            .bind(login)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Removes an account and its sign-ins.
    pub async fn remove_agent(&self, login: &str) -> Result<(), AccountsError> {
        let gone = sqlx::query("DELETE FROM agents WHERE login = ?")
            .bind(login)
            .execute(&self.pool)
            .await?;
        if gone.rows_affected() == 0 {
            return Err(AccountsError::Missing(format!("agent {login}")));
        }
        Ok(())
    }

    /// Checks login and password, and opens a sign-in.
    pub async fn sign_in(
        &self,
        login: &str,
        password: &str,
        now: Timestamp,
    ) -> Result<SignIn, AccountsError> {
        if password.len() > LONGEST_PASSWORD {
            return Ok(SignIn::Refused);
        }
        let row: Option<(String, String)> =
            sqlx::query_as("SELECT id, password FROM agents WHERE login = ?")
                .bind(login)
                .fetch_optional(&self.pool)
                .await?;
        let (id, known) = match row {
            Some((id, hash)) => (Some(id), hash),
            None => (None, NOBODY.to_owned()),
        };
        let fits = self.verify(password.to_owned(), known).await?;
        let (Some(id), true) = (id, fits) else {
            return Ok(SignIn::Refused);
        };
        let Some(agent) = self.agent(AgentId::new(read_id(&id)?)).await? else {
            return Ok(SignIn::Refused);
        };
        let token = Token::fresh();
        sqlx::query("DELETE FROM logins WHERE expires <= ?")
            .bind(column(now))
            .execute(&self.pool)
            .await?;
        sqlx::query("INSERT INTO logins (token, agent, expires) VALUES (?, ?, ?)")
            .bind(token.hash())
            .bind(id)
            .bind(column(now.plus(SIGN_IN_LASTS)))
            .execute(&self.pool)
            .await?;
        Ok(SignIn::Welcome(agent, token))
    }

    /// Who presents this token.
    pub async fn signed_in(
        &self,
        token: &Token,
        now: Timestamp,
    ) -> Result<Option<Agent>, AccountsError> {
        let row: Option<(String,)> =
            sqlx::query_as("SELECT agent FROM logins WHERE token = ? AND expires > ?")
                .bind(token.hash())
                .bind(column(now))
                .fetch_optional(&self.pool)
                .await?;
        match row {
            Some((id,)) => self.agent(AgentId::new(read_id(&id)?)).await,
            None => Ok(None),
        }
    }

    /// Ends a sign-in.
    pub async fn sign_out(&self, token: &Token) -> Result<(), AccountsError> {
        sqlx::query("DELETE FROM logins WHERE token = ?")
            .bind(token.hash())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// argon2id with the crate's defaults (OWASP's first recommendation: 19 MiB, 2 passes).
    async fn hash(&self, password: String) -> Result<String, AccountsError> {
        if !(SHORTEST_PASSWORD..=LONGEST_PASSWORD).contains(&password.len()) {
            return Err(AccountsError::Invalid(format!(
                "a password is {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} bytes"
            )));
        }
        self.hashing(move || {
            let salt = SaltString::encode_b64(Uuid::new_v4().as_bytes())?;
            Ok(Argon2::default()
                .hash_password(password.as_bytes(), &salt)?
                .to_string())
        })
        .await
    }

    async fn verify(&self, password: String, hash: String) -> Result<bool, AccountsError> {
        self.hashing(move || {
            let hash = PasswordHash::new(&hash)?;
            match Argon2::default().verify_password(password.as_bytes(), &hash) {
                Ok(()) => Ok(true),
                Err(password_hash::Error::Password) => Ok(false),
                Err(error) => Err(error),
            }
        })
        .await
    }

    /// Hashing takes tens of milliseconds on purpose; the sockets must not wait for it. Its turn
    /// is over when it is done, and not when whoever asked for it is gone.
    async fn hashing<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, password_hash::Error> + Send + 'static,
    ) -> Result<T, AccountsError> {
        let failed = || AccountsError::Password(password_hash::Error::Crypto);
        let turn = Arc::clone(&self.hashing).acquire_owned().await;
        let turn = turn.map_err(|_| failed())?;
        let work = move || {
            let _turn = turn;
            work()
        };
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|_| failed())?
            .map_err(AccountsError::Password)
    }
}

/// Timestamps stay below 2^53, so they fit SQLite's signed integers.
pub(super) fn column(time: Timestamp) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::accounts::HASHES;

    async fn accounts() -> (Accounts, std::path::PathBuf) {
        let file = std::env::temp_dir().join(format!("isession-{}.db", Uuid::new_v4()));
        (Accounts::open(&file).await.unwrap(), file)
    }

    async fn close(accounts: Accounts, file: std::path::PathBuf) {
        accounts.close().await;
        std::fs::remove_file(file).unwrap();
    }

    #[test]
    fn nobodys_password_costs_what_others_cost() {
        let salt = SaltString::encode_b64(&[7; 16]).unwrap();
        let made = Argon2::default()
            .hash_password(b"some password", &salt)
            .unwrap();
        let nobody = PasswordHash::new(NOBODY).unwrap();
        let cost = |hash: &PasswordHash<'_>| {
            (
                hash.algorithm.to_string(),
                hash.version,
                hash.params.clone(),
                hash.salt.map(|salt| salt.len()),
                hash.hash.map(|hash| hash.len()),
            )
        };
        assert_eq!(cost(&nobody), cost(&made));
    }

    #[tokio::test]
    async fn nobody_is_refused_and_so_are_passwords_without_end() {
        let (accounts, file) = accounts().await;
        let now = Timestamp::from_millis(1);
        for password in ["a password of nobody", &"x".repeat(LONGEST_PASSWORD + 1)] {
            let answer = accounts.sign_in("nobody", password, now).await.unwrap();
            assert!(matches!(answer, SignIn::Refused));
        }
        close(accounts, file).await;
    }

    #[tokio::test]
    async fn a_turn_at_hashing_lasts_until_the_hash_is_done() {
        let (accounts, file) = accounts().await;
        let (begun, mut beginning) = tokio::sync::mpsc::channel(1);
        let (finish, finishing) = mpsc::channel::<()>();
        let asking = accounts.clone();
        let asked = tokio::spawn(async move {
            let work = move || {
                begun.blocking_send(()).unwrap();
                let _ = finishing.recv();
                Ok(())
            };
            asking.hashing(work).await
        });
        beginning.recv().await.unwrap();
        // Whoever asked is gone.
        asked.abort();
        assert!(asked.await.unwrap_err().is_cancelled());
        assert_eq!(accounts.hashing.available_permits(), HASHES - 1);
        drop(finish);
        let all = u32::try_from(HASHES).unwrap();
        drop(accounts.hashing.acquire_many(all).await.unwrap());
        close(accounts, file).await;
    }
}
