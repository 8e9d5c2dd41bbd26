//! The words of the command line.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Parser, Subcommand};
use isession_node::{PolicyList, PolicyLists, Preconnect};
use isession_protocol::ids::SiteId;

/// Open-source live help that leads.
#[derive(Debug, Parser)]
#[command(name = "isession", version, about)]
pub(crate) struct Cli {
    /// Configuration file (TOML).
    #[arg(
        long,
        short,
        global = true,
        env = "ISESSION_CONFIG",
        value_name = "FILE"
    )]
    pub config: Option<PathBuf>,
    /// Sets one key of the configuration, such as queue.ring_timeout=30.
    #[arg(long = "set", global = true, value_name = "KEY=VALUE")]
    pub settings: Vec<String>,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Runs the node.
    Serve(Serve),
    /// Manages agents' accounts.
    #[command(subcommand)]
    Agent(AgentCommand),
    /// Manages sites.
    #[command(subcommand)]
    Site(SiteCommand),
    /// Checks the configuration, the database and the ports, and serves nothing; or, from
    /// anywhere, a node that runs.
    Check {
        /// A node that runs, such as `https://help.example`: says what it is reached by from here.
        /// Ends with 0 when all is open, 1 when something is not, 2 when it cannot be asked.
        #[arg(long, value_name = "URL")]
        url: Option<String>,
        /// Authorities (PEM) that are trusted beside the web's.
        #[arg(long, value_name = "FILE", requires = "url")]
        root_certificate: Option<PathBuf>,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Serve {
    /// Same as --set listen=...
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<String>,
    /// Same as --set database=...
    #[arg(long, value_name = "FILE")]
    pub database: Option<String>,
    /// Same as --set log=...
    #[arg(long, value_name = "human|json")]
    pub log: Option<String>,
    /// Same as --set insecure_listen=true
    #[arg(long)]
    pub insecure_listen: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AgentCommand {
    /// Adds an agent. The password is asked for, or read from standard input.
    Add {
        login: String,
        /// The name that visitors see; the login without it.
        #[arg(long)]
        name: Option<String>,
        /// Sessions side by side at the most; 32 is the most that can be.
        #[arg(long, default_value_t = 3, value_name = "COUNT")]
        capacity: u32,
        /// Serves only this site; may be given several times.
        #[arg(long = "site", value_name = "SITE")]
        sites: Vec<SiteId>,
        /// Serves only this department; may be given several times.
        #[arg(long = "department", value_name = "NAME")]
        departments: Vec<String>,
    },
    /// Lists all agents.
    List,
    /// Sets a new password and signs the agent out everywhere.
    Passwd { login: String },
    /// Removes an agent.
    Remove { login: String },
}

#[derive(Debug, Subcommand)]
pub(crate) enum SiteCommand {
    /// Adds a site.
    #[command(group = ArgGroup::new("change").multiple(true))]
    Add {
        id: SiteId,
        /// The name that people see; the id without it.
        #[arg(long)]
        name: Option<String>,
        /// An origin whose pages may use the launcher, such as `https://shop.example`;
        /// may be given several times.
        #[arg(long = "origin", value_name = "ORIGIN")]
        origins: Vec<String>,
        /// A saved address that agents pick from; may be given several times.
        #[arg(long = "destination", value_name = "LABEL=URL")]
        destinations: Vec<String>,
        /// Allows leads to plain http and to this machine. Never in production.
        #[arg(long)]
        development: bool,
        /// What the two sides' connections gather before an agent accepts. `direct` is faster
        /// still, and lets agents who are rung learn the visitor's address.
        #[arg(long, value_name = "relay|direct|off", default_value_t)]
        preconnect: Preconnect,
        /// Minutes for which an agent's console shows a session that ended; at most 7 days.
        #[arg(long, value_name = "MINUTES", default_value_t = 0)]
        retention: u32,
        #[command(flatten)]
        policies: Policies,
    },
    /// Changes a site; agents who are connected learn of it when they connect anew.
    #[command(group = ArgGroup::new("change").required(true).multiple(true))]
    Set {
        id: SiteId,
        /// As in `site add`.
        #[arg(long, group = "change")]
        name: Option<String>,
        /// Allows one more origin; may be given several times.
        #[arg(long = "add-origin", value_name = "ORIGIN", group = "change")]
        add_origins: Vec<String>,
        /// Allows an origin no longer; may be given several times.
        #[arg(long = "remove-origin", value_name = "ORIGIN", group = "change")]
        remove_origins: Vec<String>,
        /// Saves an address, in place of the one of this label if there is one; may be given
        /// several times.
        #[arg(long = "add-destination", value_name = "LABEL=URL", group = "change")]
        add_destinations: Vec<String>,
        /// Forgets a saved address; may be given several times.
        #[arg(long = "remove-destination", value_name = "LABEL", group = "change")]
        remove_destinations: Vec<String>,
        /// As in `site add`.
        #[arg(long, value_name = "relay|direct|off", group = "change")]
        preconnect: Option<Preconnect>,
        /// As in `site add`.
        #[arg(long, value_name = "MINUTES", group = "change")]
        retention: Option<u32>,
        #[command(flatten)]
        policies: Policies,
    },
    /// Lists all sites: id, name, origins, preconnect, minutes of retention.
    List,
    /// Removes a site.
    Remove { id: SiteId },
}

/// Lists of a site's policies. Each option may be given several times; together they take the
/// place of the list that was there, and one empty text empties it.
#[derive(Args, Debug)]
pub(crate) struct Policies {
    /// Visitors may be led to this host only (`shop.example`), or to all below it (`*.shop.example`).
    #[arg(long = "allow-host", value_name = "HOST", group = "change")]
    allow: Vec<String>,
    /// Visitors may not be led to this host, even if it is allowed.
    #[arg(long = "deny-host", value_name = "HOST", group = "change")]
    deny: Vec<String>,
    /// Leads to this host are asked for each time, whatever the visitor allowed for the session.
    #[arg(long = "confirm-host", value_name = "HOST", group = "change")]
    confirm: Vec<String>,
    /// Agents may see this parameter of the addresses of the site's pages; others are cut off.
    #[arg(long = "show-query", value_name = "NAME", group = "change")]
    query: Vec<String>,
    /// A mirror shows what is in these fields (a CSS selector). Passwords and hidden fields never.
    #[arg(long, value_name = "SELECTOR", group = "change")]
    unmask: Vec<String>,
}

impl Policies {
    /// The lists that were given.
    pub(crate) fn lists(self) -> PolicyLists {
        [
            (PolicyList::Allow, self.allow),
            (PolicyList::Deny, self.deny),
            (PolicyList::Confirm, self.confirm),
            (PolicyList::Query, self.query),
            (PolicyList::Unmask, self.unmask),
        ]
        .into_iter()
        .filter(|(_, entries)| !entries.is_empty())
        .collect()
    }
}
