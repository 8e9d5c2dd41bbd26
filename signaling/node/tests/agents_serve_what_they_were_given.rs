//! An agent of some sites never comes to serve others because one of them is removed, nor more
//! visitors at once than can be resumed.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

use std::path::PathBuf;
use std::time::Duration;

use isession_node::{Accounts, NewAgent, NewSite, PolicyLists, Preconnect};
use isession_protocol::bounded::{Department, Name};
use isession_protocol::ids::SiteId;
use isession_switchboard::Sites;

/// A database of its own, gone with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("isession-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn database(&self) -> PathBuf {
        self.0.join("isession.db")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn id(site: &str) -> SiteId {
    site.parse().unwrap()
}

fn agent(login: &str, sites: &[&str]) -> NewAgent {
    NewAgent {
        login: login.to_owned(),
        name: Name::truncated(login),
        capacity: 3,
        sites: sites.iter().copied().map(id).collect(),
        departments: Vec::new(),
    }
}

async fn with_sites(folder: &Folder, sites: &[&str]) -> Accounts {
    let accounts = Accounts::open(&folder.database()).await.unwrap();
    for site in sites {
        let site = NewSite {
            id: id(site),
            name: Name::truncated(site),
            origins: Vec::new(),
            development: false,
            lists: PolicyLists::new(),
            destinations: Vec::new(),
            preconnect: Preconnect::default(),
            retention: Duration::ZERO,
        };
        accounts.add_site(site).await.unwrap();
    }
    accounts
}

async fn served(accounts: &Accounts, login: &str) -> Sites {
    let agents = accounts.agents().await.unwrap();
    let found = agents.into_iter().find(|agent| agent.login == login);
    found.unwrap().sites
}

fn only(sites: &[&str]) -> Sites {
    Sites::Only(sites.iter().copied().map(id).collect())
}

#[tokio::test]
async fn removing_sites_leaves_fewer_and_in_the_end_none() {
    let folder = Folder::new();
    let accounts = with_sites(&folder, &["shop", "bank", "other"]).await;
    let some = agent("ada", &["shop", "bank"]);
    accounts.add_agent(some, "correct horse").await.unwrap();
    let all = agent("ben", &[]);
    accounts.add_agent(all, "correct horse").await.unwrap();

    accounts.remove_site(&id("shop")).await.unwrap();
    assert_eq!(served(&accounts, "ada").await, only(&["bank"]));
    accounts.remove_site(&id("bank")).await.unwrap();
    assert_eq!(served(&accounts, "ada").await, only(&[]));
    assert_eq!(served(&accounts, "ben").await, Sites::All);
    accounts.close().await;
}

#[tokio::test]
async fn what_is_named_twice_is_given_once_and_what_is_not_there_is_named() {
    let folder = Folder::new();
    let accounts = with_sites(&folder, &["shop"]).await;
    let twice = NewAgent {
        departments: ["billing", "billing"].map(Department::truncated).to_vec(),
        ..agent("ada", &["shop", "shop"])
    };
    accounts.add_agent(twice, "correct horse").await.unwrap();
    assert_eq!(served(&accounts, "ada").await, only(&["shop"]));
    let nowhere = accounts.add_agent(agent("ben", &["bank"]), "correct horse");
    let error = nowhere.await.unwrap_err().to_string();
    assert_eq!(error, "there is no site bank");
    accounts.close().await;
}

#[tokio::test]
async fn nobody_is_given_more_sessions_than_can_be_resumed() {
    let folder = Folder::new();
    let accounts = with_sites(&folder, &[]).await;
    for (capacity, taken) in [(0, false), (1, true), (32, true), (33, false)] {
        let login = format!("agent {capacity}");
        let new = NewAgent {
            capacity,
            ..agent(&login, &[])
        };
        let added = accounts.add_agent(new, "correct horse").await;
        match added {
            Ok(_) => assert!(taken, "{capacity}"),
            Err(error) => assert_eq!(
                (error.to_string().as_str(), taken),
                ("a capacity is 1 to 32", false)
            ),
        }
    }
    assert_eq!(accounts.agents().await.unwrap().len(), 2);
    accounts.close().await;
}

/// Accounts that were made when having no row meant every site.
#[tokio::test]
async fn accounts_of_before_serve_what_they_served() {
    let folder = Folder::new();
    let mut migrator = sqlx::migrate!("./migrations");
    let before = |migration: &sqlx::migrate::Migration| migration.version < 4;
    migrator.migrations.to_mut().retain(before);
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(folder.database())
        .create_if_missing(true);
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    migrator.run(&pool).await.unwrap();
    let (ada, ben) = (uuid::Uuid::from_u128(1), uuid::Uuid::from_u128(2));
    for (id, login) in [(ada, "ada"), (ben, "ben")] {
        sqlx::query(
            "INSERT INTO agents (id, login, name, password, capacity) VALUES (?, ?, '', '', 99)",
        )
        .bind(id.to_string())
        .bind(login)
        .execute(&pool)
        .await
        .unwrap();
    }
    sqlx::query("INSERT INTO sites (id, name) VALUES ('shop', '')")
        .execute(&pool)
        .await
        .unwrap();
    sqlx::query("INSERT INTO agent_sites (agent, site) VALUES (?, 'shop')")
        .bind(ada.to_string())
        .execute(&pool)
        .await
        .unwrap();
    pool.close().await;

    let accounts = Accounts::open(&folder.database()).await.unwrap();
    assert_eq!(served(&accounts, "ada").await, only(&["shop"]));
    assert_eq!(served(&accounts, "ben").await, Sites::All);
    let agents = accounts.agents().await.unwrap();
    assert!(agents.iter().all(|agent| agent.capacity == 32));
    accounts.close().await;
}
