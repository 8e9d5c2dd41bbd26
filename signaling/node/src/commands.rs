//! What the administrating commands do.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use isession_node::{Accounts, Config, NewAgent, NewSite, Node, SiteChange, SystemClock};
use isession_protocol::bounded::{Department, Name, Url};
use isession_protocol::signaling::Destination;
use isession_switchboard::Sites;

use crate::cli::{AgentCommand, SiteCommand};

type Done = Result<(), Box<dyn std::error::Error>>;

/// One line on standard output. A closed pipe is the reader's choice, not an error.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// One line on standard error.
pub(crate) fn complain(line: &str) {
    let _ = writeln!(std::io::stderr(), "isession: {line}");
}

pub(crate) async fn agent(config: &Config, command: AgentCommand) -> Done {
    let accounts = Accounts::open(&config.database).await?;
    match command {
        AgentCommand::Add {
            login,
            name,
            capacity,
            sites,
            departments,
        } => {
            let agent = NewAgent {
                name: Name::new(name.unwrap_or_else(|| login.clone()))?,
                departments: departments
                    .into_iter()
                    .map(Department::new)
                    .collect::<Result<_, _>>()?,
                login,
                capacity,
                sites,
            };
            let login = agent.login.clone();
            accounts.add_agent(agent, &password()?).await?;
            say(&format!("added agent {login}"));
        }
        AgentCommand::List => {
            for agent in accounts.agents().await? {
                let sites = match &agent.sites {
                    Sites::All => "all sites".to_owned(),
                    Sites::Only(sites) if sites.is_empty() => "no site".to_owned(),
                    Sites::Only(sites) => sites
                        .iter()
                        .map(|site| site.as_str())
                        .collect::<Vec<_>>()
                        .join(","),
                };
                let name = agent.card.name.as_str();
                say(&format!(
                    "{}\t{name}\t{}\t{sites}",
                    agent.login, agent.capacity
                ));
            }
        }
        AgentCommand::Passwd { login } => {
            accounts.set_password(&login, &password()?).await?;
            say(&format!(
                "{login} has a new password and is signed out everywhere"
            ));
        }
        AgentCommand::Remove { login } => {
            accounts.remove_agent(&login).await?;
            say(&format!("removed agent {login}"));
        }
    }
    accounts.close().await;
    Ok(())
}

pub(crate) async fn site(config: &Config, command: SiteCommand) -> Done {
    let accounts = Accounts::open(&config.database).await?;
    match command {
        SiteCommand::Add {
            id,
            name,
            origins,
            destinations,
            development,
            preconnect,
            retention,
            policies,
        } => {
            let site = NewSite {
                name: Name::new(name.unwrap_or_else(|| id.to_string()))?,
                id,
                origins,
                development,
                lists: policies.lists(),
                destinations: saved(&destinations)?,
                preconnect,
                retention: minutes(retention),
            };
            let id = site.id.clone();
            accounts.add_site(site).await?;
            say(&format!("added site {id}"));
        }
        SiteCommand::List => {
            for site in accounts.sites().await? {
                let card = &site.card;
                let origins = site.origins.join(",");
                let (name, preconnect) = (card.name.as_str(), site.preconnect);
                let retention = card.retention / 60_000;
                say(&format!(
                    "{}\t{name}\t{origins}\t{preconnect}\t{retention}",
                    card.id
                ));
            }
        }
        SiteCommand::Set {
            id,
            name,
            add_origins,
            remove_origins,
            add_destinations,
            remove_destinations,
            preconnect,
            retention,
            policies,
        } => {
            let change = SiteChange {
                name: name.map(Name::new).transpose()?,
                add_origins,
                remove_origins,
                add_destinations: saved(&add_destinations)?,
                remove_destinations: remove_destinations
                    .into_iter()
                    .map(Name::new)
                    .collect::<Result<_, _>>()?,
                preconnect,
                retention: retention.map(minutes),
                lists: policies.lists(),
            };
            accounts.change_site(&id, change).await?;
            say(&format!("changed site {id}"));
        }
        SiteCommand::Remove { id } => {
            accounts.remove_site(&id).await?;
            say(&format!("removed site {id}"));
        }
    }
    accounts.close().await;
    Ok(())
}

/// Starts everything on the configured ports and stops at once: what can fail fails here.
pub(crate) async fn check(config: Config) -> Done {
    for warning in config.warnings() {
        complain(&warning);
    }
    // Behind a proxy, browsers see the proxy's certificate.
    let seen = config.trusted_proxies.is_empty();
    let node = Node::start(config, std::sync::Arc::new(SystemClock)).await?;
    let scheme = node.certificate().map_or("http", |_| "https");
    say(&format!("{scheme} {} ok", node.address()));
    let mut unfit = None;
    if let Some(certificate) = node.certificate() {
        match certificate.days_left {
            Some(days) => say(&format!("certificate ok: {days} days left")),
            None => unfit = Some("tls.certificate: it has expired".to_owned()),
        }
        if let Some(host) = certificate.uncovered {
            let problem = format!("tls.certificate: not for {host}, the host of public_url");
            if seen {
                unfit = unfit.or(Some(problem));
            } else {
                complain(&problem);
            }
        }
    }
    match node.turn_address() {
        Some(turn) => say(&format!("relay udp {turn} ok")),
        None => say("relay: not embedded"),
    }
    let sites = node.accounts().sites().await?.len();
    let agents = node.accounts().agents().await?.len();
    say(&format!("database ok: {sites} sites, {agents} agents"));
    node.stop().await;
    unfit.map_or(Ok(()), |problem| Err(problem.into()))
}

fn minutes(count: u32) -> Duration {
    Duration::from_secs(u64::from(count) * 60)
}

fn saved(destinations: &[String]) -> Result<Vec<Destination>, Box<dyn std::error::Error>> {
    destinations.iter().map(|text| destination(text)).collect()
}

fn destination(text: &str) -> Result<Destination, Box<dyn std::error::Error>> {
    let (label, url) = text.split_once('=').ok_or("a destination is LABEL=URL")?;
    if url::Url::parse(url).is_err() {
        return Err(format!("{url} is not an address").into());
    }
    Ok(Destination {
        label: Name::new(label)?,
        url: Url::new(url)?,
    })
}

/// Asked twice at a terminal; one line of standard input otherwise. Never an argument: other
/// programs of the machine can read those.
fn password() -> Result<String, Box<dyn std::error::Error>> {
    if std::io::stdin().is_terminal() {
        let first = rpassword::prompt_password("Password: ")?;
        if rpassword::prompt_password("Again: ")? != first {
            return Err("the two are not the same".into());
        }
        return Ok(first);
    }
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
