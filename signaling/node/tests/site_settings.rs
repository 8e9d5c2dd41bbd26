//! What an operator sets for a site is kept, shown, bounded, and can be changed.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use isession_node::Accounts;

/// A database of its own, gone with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("isession-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn isession(&self, words: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_isession"))
            .args(words)
            .arg("--set")
            .arg(format!("database={}", self.0.join("isession.db").display()))
            .output()
            .unwrap()
    }

    fn sites(&self) -> String {
        let listed = self.isession(&["site", "list"]);
        assert!(listed.status.success(), "{listed:?}");
        String::from_utf8(listed.stdout).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn complaint(output: &Output) -> String {
    assert!(!output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_site_says_nothing_and_gets_the_careful_defaults() {
    let folder = Folder::new();
    assert!(folder.isession(&["site", "add", "shop"]).status.success());
    assert_eq!(folder.sites(), "shop\tshop\t\trelay\t0\n");
}

#[test]
fn settings_are_kept_and_changed_one_by_one() {
    let folder = Folder::new();
    let add = [
        "site",
        "add",
        "shop",
        "--preconnect",
        "off",
        "--retention",
        "90",
    ];
    assert!(folder.isession(&add).status.success());
    assert_eq!(folder.sites(), "shop\tshop\t\toff\t90\n");

    let set = ["site", "set", "shop", "--preconnect", "direct"];
    assert!(folder.isession(&set).status.success());
    assert_eq!(folder.sites(), "shop\tshop\t\tdirect\t90\n");

    let set = ["site", "set", "shop", "--retention", "10080"];
    assert!(folder.isession(&set).status.success());
    assert_eq!(folder.sites(), "shop\tshop\t\tdirect\t10080\n");
}

#[test]
fn what_cannot_be_is_refused_and_changes_nothing() {
    let folder = Folder::new();
    assert!(folder.isession(&["site", "add", "shop"]).status.success());
    for (words, why) in [
        (&["shop", "--retention", "10081"][..], "at most 7 days"),
        (
            &["shop", "--preconnect", "sideways"],
            "relay, direct or off",
        ),
        (
            &["elsewhere", "--retention", "1"],
            "there is no site elsewhere",
        ),
        (&["shop"], "required"),
    ] {
        let set = [&["site", "set"], words].concat();
        let said = complaint(&folder.isession(&set));
        assert!(said.contains(why), "{set:?}: {said}");
    }
    assert_eq!(folder.sites(), "shop\tshop\t\trelay\t0\n");
}

#[test]
fn name_and_origins_change_one_by_one() {
    let folder = Folder::new();
    let add = ["site", "add", "shop", "--origin", "https://a.example"];
    assert!(folder.isession(&add).status.success());
    let set = [
        "site",
        "set",
        "shop",
        "--name",
        "The Shop",
        "--add-origin",
        "https://b.example:443/page",
        "--add-origin",
        "https://c.example",
        "--remove-origin",
        "https://a.example",
    ];
    let changed = folder.isession(&set);
    assert!(changed.status.success(), "{changed:?}");
    let origins = "https://b.example,https://c.example";
    let sites = format!("shop\tThe Shop\t{origins}\trelay\t0\n");
    assert_eq!(folder.sites(), sites);

    // One that fails changes nothing, not even what stood before it.
    for (words, why) in [
        (
            [
                "--add-origin",
                "https://d.example",
                "--remove-origin",
                "https://a.example",
            ],
            "there is no origin https://a.example of site shop",
        ),
        (
            ["--name", "Another", "--add-origin", "d.example"],
            "an origin is scheme, host and port",
        ),
    ] {
        let set = [&["site", "set", "shop"][..], &words].concat();
        let said = complaint(&folder.isession(&set));
        assert!(said.contains(why), "{set:?}: {said}");
    }
    assert_eq!(folder.sites(), sites);
}

#[tokio::test]
async fn destinations_are_added_replaced_in_their_place_and_removed() {
    let folder = Folder::new();
    let add = [
        "site",
        "add",
        "shop",
        "--destination",
        "Home=https://shop.example/",
        "--destination",
        "Old=https://shop.example/old",
    ];
    assert!(folder.isession(&add).status.success());
    let set = [
        "site",
        "set",
        "shop",
        "--add-destination",
        "Help=https://shop.example/help?a=b",
        "--add-destination",
        "Home=https://shop.example/home",
        "--remove-destination",
        "Old",
    ];
    let changed = folder.isession(&set);
    assert!(changed.status.success(), "{changed:?}");
    let expected = [
        ("Home", "https://shop.example/home"),
        ("Help", "https://shop.example/help?a=b"),
    ];
    assert_eq!(destinations(&folder).await, expected.map(owned));

    let many: Vec<String> = (0..99)
        .map(|n| format!("{n}=https://shop.example/{n}"))
        .collect();
    let mut set = vec!["site", "set", "shop"];
    set.extend(many.iter().flat_map(|text| ["--add-destination", text]));
    let said = complaint(&folder.isession(&set));
    assert!(said.contains("at most 100 destinations"), "{said}");
    let unknown = ["site", "set", "shop", "--remove-destination", "Old"];
    let said = complaint(&folder.isession(&unknown));
    assert!(said.contains("no destination Old of site shop"), "{said}");
    assert_eq!(destinations(&folder).await, expected.map(owned));
}

fn owned((label, url): (&str, &str)) -> (String, String) {
    (label.to_owned(), url.to_owned())
}

async fn destinations(folder: &Folder) -> Vec<(String, String)> {
    let accounts = Accounts::open(&folder.0.join("isession.db")).await.unwrap();
    let site = accounts.site(&"shop".parse().unwrap()).await.unwrap();
    accounts.close().await;
    let saved = site.unwrap().card.destinations;
    saved
        .iter()
        .map(|saved| owned((saved.label.as_str(), saved.url.as_str())))
        .collect()
}

/// What a site's visitors and agents are told of its policies.
#[tokio::test]
async fn lists_are_kept_replaced_and_emptied() {
    let folder = Folder::new();
    let add = [
        "site",
        "add",
        "shop",
        "--origin",
        "https://shop.example",
        "--allow-host",
        "Shop.example",
        "--allow-host",
        "*.shop.example",
        "--show-query",
        "step",
        "--unmask",
        "#search",
    ];
    assert!(folder.isession(&add).status.success());
    let set = [
        "site",
        "set",
        "shop",
        "--deny-host",
        "old.shop.example",
        "--show-query",
        "",
    ];
    assert!(folder.isession(&set).status.success());
    let set = [
        "site",
        "set",
        "shop",
        "--allow-host",
        "not/a/host",
        "--deny-host",
        "",
    ];
    assert!(complaint(&folder.isession(&set)).contains("*.shop.example"));

    let accounts = Accounts::open(&folder.0.join("isession.db")).await.unwrap();
    let card = accounts
        .site(&"shop".parse().unwrap())
        .await
        .unwrap()
        .unwrap()
        .card;
    let told = serde_json::to_value(&card).unwrap();
    let leads = serde_json::json!({
        "development": false, "allow": ["shop.example", "*.shop.example"],
        "deny": ["old.shop.example"], "confirm": [],
    });
    let page = serde_json::json!({
        "origins": ["https://shop.example"], "query": [], "unmask": ["#search"],
    });
    assert_eq!((&told["lead_policy"], &told["page"]), (&leads, &page));
    accounts.close().await;
}

/// A site that was made before there were settings.
#[tokio::test]
async fn a_site_of_before_gets_the_defaults() {
    let folder = Folder::new();
    first_migration_only(&folder.0.join("isession.db")).await;
    assert_eq!(folder.sites(), "old\tThe Old Shop\t\trelay\t0\n");
}

async fn first_migration_only(database: &Path) {
    let mut migrator = sqlx::migrate!("./migrations");
    migrator.migrations.to_mut().truncate(1);
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(database)
        .create_if_missing(true);
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    migrator.run(&pool).await.unwrap();
    sqlx::query("INSERT INTO sites (id, name) VALUES ('old', 'The Old Shop')")
        .execute(&pool)
        .await
        .unwrap();
    pool.close().await;
}
