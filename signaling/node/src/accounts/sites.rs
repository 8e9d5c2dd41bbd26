use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use isession_protocol::bounded::{Bounded, Name, Url};
use isession_protocol::ids::SiteId;
use isession_protocol::signaling::{Destination, LeadPolicy, PagePolicy, SiteCard};
use sqlx::SqliteConnection;

use super::policies::{self, PolicyLists};
use super::{Accounts, AccountsError, exists};

/// A website that uses this node.
#[derive(Clone, Debug)]
pub struct Site {
    pub card: SiteCard,
    /// Origins (RFC 6454) that may open a visitor's socket, besides the node's own.
    pub origins: Vec<String>,
    pub preconnect: Preconnect,
}

/// What visitors' and agents' connections may gather before anybody accepts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Preconnect {
    /// Relayed paths only: neither side learns the other's address from a ring.
    #[default]
    Relay,
    /// Direct paths as well.
    Direct,
    /// Nothing.
    Off,
}

impl Preconnect {
    const ALL: [Self; 3] = [Self::Relay, Self::Direct, Self::Off];

    /// The word that operators and the database use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Relay => "relay",
            Self::Direct => "direct",
            Self::Off => "off",
        }
    }
}

impl fmt::Display for Preconnect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Preconnect {
    type Err = AccountsError;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|preconnect| preconnect.as_str() == word)
            .ok_or_else(|| AccountsError::Invalid("relay, direct or off".to_owned()))
    }
}

/// What to change of a site; the rest stays.
#[derive(Clone, Debug, Default)]
pub struct SiteChange {
    pub name: Option<Name>,
    pub add_origins: Vec<String>,
    pub remove_origins: Vec<String>,
    /// One of the same label is replaced, and keeps its place in the list.
    pub add_destinations: Vec<Destination>,
    /// By their labels.
    pub remove_destinations: Vec<Name>,
    pub preconnect: Option<Preconnect>,
    pub retention: Option<Duration>,
    pub lists: PolicyLists,
}

/// A site to make.
#[derive(Clone, Debug)]
pub struct NewSite {
    pub id: SiteId,
    pub name: Name,
    pub origins: Vec<String>,
    /// Leads to plain http and loopback hosts are allowed.
    pub development: bool,
    pub lists: PolicyLists,
    pub destinations: Vec<Destination>,
    pub preconnect: Preconnect,
    /// For how long consoles show a session that ended; counted in whole minutes.
    pub retention: Duration,
}

/// Longer than this is an archive, which a console is not.
const RETENTION: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// More saved addresses than an agent picks from.
const DESTINATIONS: usize = 100;

impl Accounts {
    /// Makes a site.
    pub async fn add_site(&self, new: NewSite) -> Result<(), AccountsError> {
        few_enough(new.destinations.len())?;
        let retention = minutes(new.retention)?;
        let mut transaction = self.pool.begin().await?;
        sqlx::query(
            "INSERT INTO sites (id, name, development, preconnect, retention) \
             VALUES (?, ?, ?, ?, ?)",
        )
        .bind(new.id.as_str())
        .bind(new.name.as_str())
        .bind(new.development)
        .bind(new.preconnect.as_str())
        .bind(retention)
        .execute(&mut *transaction)
        .await
        .map_err(|error| exists(error, || format!("site {}", new.id)))?;
        add_origins(&mut transaction, &new.id, &new.origins).await?;
        for destination in &new.destinations {
            let label = destination.label.as_str();
            sqlx::query("INSERT INTO site_destinations (site, label, url) VALUES (?, ?, ?)")
                .bind(new.id.as_str())
                .bind(label)
                .bind(destination.url.as_str())
                .execute(&mut *transaction)
                .await
                .map_err(|error| exists(error, || format!("destination {label}")))?;
        }
        policies::keep(&mut transaction, &new.id, &new.lists).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// All sites, by id.
    pub async fn sites(&self) -> Result<Vec<Site>, AccountsError> {
        let ids: Vec<(String,)> = sqlx::query_as("SELECT id FROM sites ORDER BY id")
            .fetch_all(&self.pool)
            .await?;
        let mut sites = Vec::with_capacity(ids.len());
        for id in ids.iter().filter_map(|(id,)| id.parse().ok()) {
            sites.extend(self.site(&id).await?);
        }
        Ok(sites)
    }

    /// One site.
    pub async fn site(&self, id: &SiteId) -> Result<Option<Site>, AccountsError> {
        let row: Option<(String, bool, String, u32)> = sqlx::query_as(
            "SELECT name, development, preconnect, retention FROM sites WHERE id = ?",
        )
        .bind(id.as_str())
        .fetch_optional(&self.pool)
        .await?;
        let Some((name, development, preconnect, retention)) = row else {
            return Ok(None);
        };
        let origins: Vec<(String,)> =
            sqlx::query_as("SELECT origin FROM site_origins WHERE site = ? ORDER BY origin")
                .bind(id.as_str())
                .fetch_all(&self.pool)
                .await?;
        let destinations: Vec<(String, String)> = sqlx::query_as(
            "SELECT label, url FROM site_destinations WHERE site = ? ORDER BY rowid",
        )
        .bind(id.as_str())
        .fetch_all(&self.pool)
        .await?;
        let origins: Vec<String> = origins.into_iter().map(|(origin,)| origin).collect();
        let mut lead_policy = LeadPolicy {
            development,
            ..LeadPolicy::default()
        };
        let mut page = PagePolicy {
            origins: origins
                .iter()
                .map(|origin| Bounded::truncated(origin))
                .collect(),
            ..PagePolicy::default()
        };
        let mut connection = self.pool.acquire().await?;
        policies::load(&mut connection, id, &mut lead_policy, &mut page).await?;
        Ok(Some(Site {
            card: SiteCard {
                id: id.clone(),
                name: Name::truncated(&name),
                lead_policy,
                page,
                destinations: destinations
                    .iter()
                    .map(|(label, url)| Destination {
                        label: Name::truncated(label),
                        url: Url::truncated(url),
                    })
                    .collect(),
                retention: retention.saturating_mul(60_000),
            },
            origins,
            preconnect: preconnect.parse()?,
        }))
    }

    /// Changes a site. Agents learn of it when they next connect.
    pub async fn change_site(&self, id: &SiteId, change: SiteChange) -> Result<(), AccountsError> {
        let mut transaction = self.pool.begin().await?;
        let changed = sqlx::query(
            "UPDATE sites SET name = coalesce(?, name), preconnect = coalesce(?, preconnect), \
             retention = coalesce(?, retention) WHERE id = ?",
        )
        .bind(change.name.as_ref().map(Name::as_str))
        .bind(change.preconnect.map(Preconnect::as_str))
        .bind(change.retention.map(minutes).transpose()?)
        .bind(id.as_str())
        .execute(&mut *transaction)
        .await?;
        found(changed.rows_affected(), || format!("site {id}"))?;
        for origin in &change.remove_origins {
            let origin = serialised_origin(origin)?;
            let gone = sqlx::query("DELETE FROM site_origins WHERE site = ? AND origin = ?")
                .bind(id.as_str())
                .bind(&origin)
                .execute(&mut *transaction)
                .await?;
            found(gone.rows_affected(), || {
                format!("origin {origin} of site {id}")
            })?;
        }
        add_origins(&mut transaction, id, &change.add_origins).await?;
        for label in &change.remove_destinations {
            let label = label.as_str();
            let gone = sqlx::query("DELETE FROM site_destinations WHERE site = ? AND label = ?")
                .bind(id.as_str())
                .bind(label)
                .execute(&mut *transaction)
                .await?;
            found(gone.rows_affected(), || {
                format!("destination {label} of site {id}")
            })?;
        }
        for destination in &change.add_destinations {
            sqlx::query(
                "INSERT INTO site_destinations (site, label, url) VALUES (?, ?, ?) \
                 ON CONFLICT (site, label) DO UPDATE SET url = excluded.url",
            )
            .bind(id.as_str())
            .bind(destination.label.as_str())
            .bind(destination.url.as_str())
            .execute(&mut *transaction)
            .await?;
        }
        let (count,): (i64,) =
            sqlx::query_as("SELECT count(*) FROM site_destinations WHERE site = ?")
                .bind(id.as_str())
                .fetch_one(&mut *transaction)
                .await?;
        few_enough(usize::try_from(count).unwrap_or(usize::MAX))?;
        policies::keep(&mut transaction, id, &change.lists).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Removes a site.
    pub async fn remove_site(&self, id: &SiteId) -> Result<(), AccountsError> {
        let gone = sqlx::query("DELETE FROM sites WHERE id = ?")
            .bind(id.as_str())
            .execute(&self.pool)
            .await?;
        found(gone.rows_affected(), || format!("site {id}"))
    }
}

async fn add_origins(
    connection: &mut SqliteConnection,
    site: &SiteId,
    origins: &[String],
) -> Result<(), AccountsError> {
    for origin in origins {
        sqlx::query("INSERT OR IGNORE INTO site_origins (site, origin) VALUES (?, ?)")
            .bind(site.as_str())
            .bind(serialised_origin(origin)?)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

fn found(rows: u64, what: impl FnOnce() -> String) -> Result<(), AccountsError> {
    if rows == 0 {
        return Err(AccountsError::Missing(what()));
    }
    Ok(())
}

fn few_enough(destinations: usize) -> Result<(), AccountsError> {
    if destinations > DESTINATIONS {
        return Err(AccountsError::Invalid(format!(
            "at most {DESTINATIONS} destinations"
        )));
    }
    Ok(())
}

fn minutes(retention: Duration) -> Result<i64, AccountsError> {
    if retention > RETENTION {
        return Err(AccountsError::Invalid(
            "retention is at most 7 days, 10080 minutes".to_owned(),
        ));
    }
    Ok(i64::try_from(retention.as_secs() / 60).unwrap_or(i64::MAX))
}

/// An origin as browsers write it, so that comparing is comparing text.
fn serialised_origin(origin: &str) -> Result<String, AccountsError> {
    let origin = url::Url::parse(origin)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"))
        .map(|url| url.origin().ascii_serialization());
    origin.ok_or_else(|| {
        AccountsError::Invalid(
            "an origin is scheme, host and port: https://shop.example".to_owned(),
        )
    })
}
