//! The lists of a site's policies: hosts that visitors may be led to, and what of its pages may
//! be shown.

use std::collections::BTreeMap;

use isession_protocol::bounded::{Bounded, HostPattern};
use isession_protocol::ids::SiteId;
use isession_protocol::limits;
use isession_protocol::signaling::{LeadPolicy, PagePolicy};
use sqlx::SqliteConnection;

use super::AccountsError;

/// One list of a site's policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PolicyList {
    /// Hosts that leads may go to; all when empty.
    Allow,
    /// Hosts that leads may not go to.
    Deny,
    /// Hosts that are asked for each time.
    Confirm,
    /// Query parameters that may be told.
    Query,
    /// Fields that a mirror shows.
    Unmask,
}

/// Lists to keep; each takes the place of what was there.
pub type PolicyLists = BTreeMap<PolicyList, Vec<String>>;

impl PolicyList {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Confirm => "confirm",
            Self::Query => "query",
            Self::Unmask => "unmask",
        }
    }

    /// The entry as it is compared and kept.
    fn entry(self, text: &str) -> Result<String, AccountsError> {
        match self {
            Self::Allow | Self::Deny | Self::Confirm => host_pattern(text),
            Self::Query => short::<{ limits::NAME }>(text, "a query parameter"),
            Self::Unmask => short::<{ limits::SELECTOR }>(text, "a selector"),
        }
    }
}

/// Puts these lists in the place of the ones that are there.
pub(super) async fn keep(
    connection: &mut SqliteConnection,
    site: &SiteId,
    lists: &PolicyLists,
) -> Result<(), AccountsError> {
    for (list, texts) in lists {
        if texts.len() > limits::POLICY_ENTRIES {
            return Err(AccountsError::Invalid(format!(
                "at most {} entries of one list",
                limits::POLICY_ENTRIES
            )));
        }
        sqlx::query("DELETE FROM site_policies WHERE site = ? AND list = ?")
            .bind(site.as_str())
            .bind(list.as_str())
            .execute(&mut *connection)
            .await?;
        // One empty text says that nothing is in the list.
        for text in texts.iter().filter(|text| !text.is_empty()) {
            sqlx::query("INSERT OR IGNORE INTO site_policies (site, list, entry) VALUES (?, ?, ?)")
                .bind(site.as_str())
                .bind(list.as_str())
                .bind(list.entry(text)?)
                .execute(&mut *connection)
                .await?;
        }
    }
    Ok(())
}

/// What is kept of a site, put where people's own code looks for it.
pub(super) async fn load(
    connection: &mut SqliteConnection,
    site: &SiteId,
    leads: &mut LeadPolicy,
    page: &mut PagePolicy,
) -> Result<(), AccountsError> {
    let rows: Vec<(String, String)> =
        sqlx::query_as("SELECT list, entry FROM site_policies WHERE site = ? ORDER BY rowid")
            .bind(site.as_str())
            .fetch_all(connection)
            .await?;
    for (list, entry) in &rows {
        match list.as_str() {
            "allow" => leads.allow.push(Bounded::truncated(entry)),
            "deny" => leads.deny.push(Bounded::truncated(entry)),
            "confirm" => leads.confirm.push(Bounded::truncated(entry)),
            "query" => page.query.push(Bounded::truncated(entry)),
            "unmask" => page.unmask.push(Bounded::truncated(entry)),
            _ => {}
        }
    }
    Ok(())
}

/// A host as browsers write it in `URL.hostname`, or `*.` before one.
fn host_pattern(text: &str) -> Result<String, AccountsError> {
    let (prefix, host) = text
        .strip_prefix("*.")
        .map_or(("", text), |parent| ("*.", parent));
    url::Host::parse(host)
        .ok()
        .filter(|_| !host.contains('*'))
        .map(|host| format!("{prefix}{host}"))
        .filter(|pattern| !pattern.ends_with('.') && HostPattern::new(pattern.as_str()).is_ok())
        .ok_or_else(|| {
            AccountsError::Invalid("a host is such as shop.example or *.shop.example".to_owned())
        })
}

fn short<const MAX: usize>(text: &str, what: &str) -> Result<String, AccountsError> {
    match Bounded::<MAX>::new(text) {
        Ok(text) => Ok(text.into()),
        Err(error) => Err(AccountsError::Invalid(format!("{what}: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_kept_as_browsers_write_them() {
        for (text, kept) in [
            ("Shop.Example", "shop.example"),
            ("*.Shop.example", "*.shop.example"),
            ("münchen.example", "xn--mnchen-3ya.example"),
            ("93.184.216.34", "93.184.216.34"),
            ("[2606:4700::1111]", "[2606:4700::1111]"),
        ] {
            assert_eq!(PolicyList::Allow.entry(text).unwrap(), kept);
        }
        for text in [
            "https://shop.example",
            "shop.example/x",
            "*",
            "*.",
            "a b",
            "shop.example.",
            "",
        ] {
            assert!(PolicyList::Allow.entry(text).is_err(), "{text}");
        }
    }
}
