//! What an operator may set: a TOML file, then the environment, then flags; the last one wins.
//!
//! The environment variable `ISESSION_TURN__LISTEN` sets `turn.listen`, and so does the flag
//! `--set turn.listen=...`. A key that does not exist is an error that names it.

mod turn;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use isession_switchboard::Policy;
use isession_turn::{Network, Secret};
use serde::Deserialize;

pub use turn::{ExternalTurn, Offer, TurnConfig};

/// Less would not let a full-sized packet pass now and then.
const SLOWEST_RELAY: u32 = 10_000;

/// Everything a node can be told.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where HTTP, WebSockets and TURN over TCP are served. Port 0 takes any free port.
    pub listen: SocketAddr,
    /// Serve plain HTTP on an address beyond loopback. Only behind a proxy that speaks TLS.
    pub insecure_listen: bool,
    /// Serve all of it within TLS.
    pub tls: Option<TlsConfig>,
    /// Networks (CIDR) of the proxies that are believed when they say whom they speak for.
    pub trusted_proxies: Vec<String>,
    /// The node's address as browsers see it, such as `https://help.example`.
    /// Without it the `Host` header of each request says it.
    pub public_url: Option<String>,
    /// The database file; it is made when it is not there.
    pub database: PathBuf,
    /// Days for which it is kept how a visit went.
    pub keep_visits: u32,
    /// How log lines are written.
    pub log: LogFormat,
    pub queue: QueueConfig,
    pub limits: LimitsConfig,
    pub turn: TurnConfig,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    #[default]
    Human,
    /// One JSON object a line.
    Json,
}

/// The node's certificate and key, in PEM. They are read anew when they change.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsConfig {
    /// The certificate, and after it those of the authorities in between.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// Seconds and counts of the queue.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QueueConfig {
    /// Seconds that a visitor rings before the next agents are rung.
    pub ring_timeout: u32,
    /// Agents rung at once for one visitor.
    pub ring_agents: u32,
    /// Seconds that a lost visitor keeps the place.
    pub grace: u32,
    /// Seconds that a visitor may wait in all.
    pub max_wait: u32,
}

/// What one address and the node as a whole may use.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsConfig {
    /// WebSockets at once, over all addresses.
    pub connections: usize,
    /// WebSockets at once from one address (IPv6: one /64), and as many connections that are
    /// none, or not yet.
    pub connections_per_address: u32,
    /// New WebSockets a minute from one address, and as many connections to the relay.
    pub connections_per_minute: u32,
    /// Seconds that a new connection may take for its TLS handshake and its first request; also
    /// those between two requests.
    pub handshake_timeout: u32,
    /// Sign-in attempts a minute from one address.
    pub logins_per_minute: u32,
    /// HTTP requests a minute from one address, new WebSockets included.
    pub requests_per_minute: u32,
    /// Frames a second on one WebSocket, with bursts of four times as many.
    pub frames_per_second: u32,
    /// Frames a minute from one address, over all its WebSockets.
    pub frames_per_minute: u32,
    /// Seconds between pings; a peer silent for two of them is lost.
    pub ping_interval: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            insecure_listen: false,
            tls: None,
            trusted_proxies: Vec::new(),
            public_url: None,
            database: PathBuf::from("isession.db"),
            keep_visits: 90,
            log: LogFormat::default(),
            queue: QueueConfig::default(),
            limits: LimitsConfig::default(),
            turn: TurnConfig::default(),
        }
    }
}

impl Default for QueueConfig {
    fn default() -> Self {
        Self {
            ring_timeout: 20,
            ring_agents: 3,
            grace: 120,
            max_wait: 2 * 60 * 60,
        }
    }
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            connections: 100_000,
            connections_per_address: 200,
            connections_per_minute: 300,
            handshake_timeout: 10,
            logins_per_minute: 20,
            requests_per_minute: 6000,
            frames_per_second: 50,
            frames_per_minute: 30_000,
            ping_interval: 25,
        }
    }
}

/// A node cannot be told this.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {path}")]
    File {
        /// Which file.
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// Not TOML, or not of the configuration's shape.
    #[error("{from}: {message}")]
    Shape {
        /// Where it was said.
        from: String,
        /// What is wrong with it.
        message: String,
    },
    /// A value that cannot work.
    #[error("{key}: {problem}")]
    Value {
        /// Which key.
        key: &'static str,
        /// What is wrong with it.
        problem: String,
    },
}

impl Config {
    /// Layers file, environment and `key=value` settings over the defaults.
    pub fn load(
        file: Option<&Path>,
        environment: impl Iterator<Item = (String, String)>,
        settings: &[String],
    ) -> Result<Self, ConfigError> {
        let mut table = toml::Table::new();
        // What there was after each source, to find the one that an error came with.
        let mut layers = Vec::new();
        if let Some(path) = file {
            let from = path.display().to_string();
            let text = std::fs::read_to_string(path).map_err(|source| ConfigError::File {
                path: path.to_owned(),
                source,
            })?;
            table = toml::from_str(&text).map_err(|error| shape(&from, &error))?;
            layers.push((from, table.clone()));
        }
        for (name, value) in environment {
            if let Some(key) = name.strip_prefix("ISESSION_") {
                set(&mut table, &key.to_lowercase().replace("__", "."), &value)?;
                layers.push((name, table.clone()));
            }
        }
        for setting in settings {
            let Some((key, value)) = setting.split_once('=') else {
                return Err(ConfigError::Shape {
                    from: "--set".to_owned(),
                    message: format!("{setting}: not of the form key=value"),
                });
            };
            set(&mut table, key.trim(), value)?;
            layers.push((format!("--set {setting}"), table.clone()));
        }
        let config: Self = table.try_into().map_err(|error: toml::de::Error| {
            let same = |table: toml::Table| {
                Self::deserialize(table).is_err_and(|before| before.message() == error.message())
            };
            let blamed = layers.into_iter().find(|(_, table)| same(table.clone()));
            shape(&blamed.map_or_else(String::new, |(from, _)| from), &error)
        })?;
        config.validate()?;
        Ok(config)
    }

    /// Refuses values that cannot work together.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let wrong = |key, problem: &str| {
            Err(ConfigError::Value {
                key,
                problem: problem.to_owned(),
            })
        };
        if !self.listen.ip().is_loopback() && self.tls.is_none() && !self.insecure_listen {
            return wrong(
                "listen",
                "plain HTTP beyond loopback shows sign-ins to the network; set tls.certificate \
                 and tls.key, or put a TLS proxy in front and set insecure_listen = true",
            );
        }
        if let Some(url) = &self.public_url {
            let parsed = url::Url::parse(url).ok().filter(url::Url::has_host);
            match parsed.as_ref().map(url::Url::scheme) {
                Some("https") => {}
                Some("http") if self.tls.is_none() => {}
                Some("http") => return wrong("public_url", "with [tls] it begins with https"),
                _ => return wrong("public_url", "not an http or https address"),
            }
        }
        if self.keep_visits == 0 {
            return wrong(
                "keep_visits",
                "must be above 0: a node that starts anew must know what has ended",
            );
        }
        self.proxies()?;
        if self.queue.ring_timeout == 0 || self.queue.ring_agents == 0 || self.queue.max_wait == 0 {
            return wrong(
                "queue",
                "ring_timeout, ring_agents and max_wait must be above 0",
            );
        }
        let LimitsConfig {
            connections,
            connections_per_address,
            connections_per_minute,
            handshake_timeout,
            logins_per_minute,
            requests_per_minute,
            frames_per_second,
            frames_per_minute,
            ping_interval,
        } = self.limits;
        if connections == 0
            || connections_per_address == 0
            || connections_per_minute == 0
            || handshake_timeout == 0
            || logins_per_minute == 0
            || requests_per_minute == 0
            || frames_per_second == 0
            || frames_per_minute == 0
            || ping_interval == 0
        {
            return wrong("limits", "all of them must be above 0");
        }
        if self.turn.allocations == 0 || self.turn.allocations_per_link == 0 {
            return wrong(
                "turn",
                "allocations and allocations_per_link must be above 0; enabled = false turns \
                 relaying off",
            );
        }
        if self.turn.min_port > self.turn.max_port {
            return wrong("turn.min_port", "above turn.max_port");
        }
        if self.turn.credential_ttl == 0 {
            return wrong("turn.credential_ttl", "must be above 0");
        }
        if self.turn.allocation_age == 0 {
            return wrong("turn.allocation_age", "must be above 0");
        }
        if self.turn.bytes_per_second < SLOWEST_RELAY {
            return wrong(
                "turn.bytes_per_second",
                "below 10000 not even a conversation gets through",
            );
        }
        networks("turn.allow_peers", &self.turn.allow_peers)?;
        if let Some(external) = &self.turn.external {
            if external.urls.is_empty() {
                return wrong("turn.external.urls", "names no server");
            }
            if let Err(error) = Secret::new(&external.secret) {
                return wrong("turn.external.secret", &error.to_string());
            }
        }
        Ok(())
    }

    /// What works here and hardly anywhere else.
    pub fn warnings(&self) -> Vec<String> {
        let turn = &self.turn;
        let embedded = turn.enabled && turn.external.is_none();
        let named = turn.host.is_some() || turn.external_ip.is_some();
        let unheard = embedded && !named && turn.listen.ip().is_loopback();
        let mut warnings = Vec::new();
        if unheard && !self.listen.ip().is_loopback() {
            warnings.push(format!(
                "turn.listen: {} is of this machine alone, and peers elsewhere are told of it",
                turn.listen
            ));
        }
        warnings
    }

    /// The networks of trusted proxies.
    pub(crate) fn proxies(&self) -> Result<Vec<Network>, ConfigError> {
        networks("trusted_proxies", &self.trusted_proxies)
    }

    /// The switchboard's policy.
    pub fn policy(&self) -> Policy {
        let millis = |seconds: u32| u64::from(seconds) * 1000;
        Policy {
            ring_timeout: millis(self.queue.ring_timeout),
            ring_agents: self.queue.ring_agents,
            grace: millis(self.queue.grace),
            max_wait: millis(self.queue.max_wait),
            ..Policy::default()
        }
    }
}

/// Reads a list of networks.
pub(crate) fn networks(key: &'static str, texts: &[String]) -> Result<Vec<Network>, ConfigError> {
    let network = |text: &String| {
        text.parse().map_err(|_| ConfigError::Value {
            key,
            problem: format!("{text} is no network such as 10.0.0.0/8"),
        })
    };
    texts.iter().map(network).collect()
}

fn shape(from: &str, error: &toml::de::Error) -> ConfigError {
    ConfigError::Shape {
        from: from.to_owned(),
        message: error.to_string().trim_end().to_owned(),
    }
}

/// Sets `a.b` in nested tables. A value that is no TOML literal is taken as text.
fn set(table: &mut toml::Table, key: &str, value: &str) -> Result<(), ConfigError> {
    let literal = toml::from_str::<toml::Table>(&format!("value = {value}"))
        .ok()
        .and_then(|mut parsed| parsed.remove("value"))
        .unwrap_or_else(|| toml::Value::String(value.to_owned()));
    let mut place = table;
    let mut parts = key.split('.').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            place.insert(part.to_owned(), literal);
            break;
        }
        let next = place
            .entry(part.to_owned())
            .or_insert_with(|| toml::Value::Table(toml::Table::new()));
        let toml::Value::Table(next) = next else {
            return Err(ConfigError::Shape {
                from: key.to_owned(),
                message: format!("{part} is a value and holds no keys"),
            });
        };
        place = next;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(toml: &str, environment: &[(&str, &str)], settings: &[&str]) -> Result<Config, String> {
        let file = std::env::temp_dir().join(format!("isession-{}.toml", uuid::Uuid::new_v4()));
        std::fs::write(&file, toml).unwrap();
        let environment = environment
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        let settings: Vec<String> = settings.iter().map(|s| (*s).to_owned()).collect();
        let loaded = Config::load(Some(&file), environment, &settings);
        std::fs::remove_file(&file).unwrap();
        loaded.map_err(|error| error.to_string())
    }

    #[test]
    fn an_empty_file_gives_the_defaults() {
        let config = load("", &[], &[]).unwrap();
        assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
        assert!(config.turn.enabled);
    }

    #[test]
    fn flags_win_over_the_environment_and_that_over_the_file() {
        let toml = "[queue]\nring_timeout = 5\nring_agents = 1\ngrace = 9";
        let environment = [
            ("ISESSION_QUEUE__RING_TIMEOUT", "6"),
            ("ISESSION_QUEUE__GRACE", "8"),
        ];
        let config = load(toml, &environment, &["queue.ring_timeout=7"]).unwrap();
        assert_eq!(config.queue.ring_timeout, 7);
        assert_eq!(config.queue.grace, 8);
        assert_eq!(config.queue.ring_agents, 1);
    }

    #[test]
    fn unknown_keys_are_named_wherever_they_stand() {
        assert!(load("lisen = 1", &[], &[]).unwrap_err().contains("lisen"));
        assert!(
            load("[turn]\nrelm = 1", &[], &[])
                .unwrap_err()
                .contains("relm")
        );
        assert!(
            load("", &[("ISESSION_TURN__PROT", "1")], &[])
                .unwrap_err()
                .contains("prot")
        );
        assert!(
            load("", &[], &["queue.rign=1"])
                .unwrap_err()
                .contains("rign")
        );
    }

    #[test]
    fn an_error_names_the_source_that_it_came_with() {
        let environment = [("ISESSION_QUEUE__GRACE", "9")];
        let settings = ["queue.ring_timeout=soon", "queue.ring_agents=2"];
        let error = load("[queue]\nmax_wait = 9", &environment, &settings).unwrap_err();
        let blamed = "--set queue.ring_timeout=soon: ";
        assert!(error.starts_with(blamed), "{error}");
        let environment = [("ISESSION_QUEUE__GRACE", "long")];
        let error = load("", &environment, &["log=json"]).unwrap_err();
        assert!(error.starts_with("ISESSION_QUEUE__GRACE: "), "{error}");
        let error = load("[queue]\ngrace = 'long'", &[], &["log=json"]).unwrap_err();
        assert!(error.contains(".toml: "), "{error}");
    }

    #[test]
    fn a_relay_that_nobody_can_reach_is_warned_of() {
        let open = "listen = '0.0.0.0:80'\ninsecure_listen = true";
        let warned = |settings: &[&str]| load(open, &[], settings).unwrap().warnings().len();
        assert_eq!(warned(&[]), 1);
        for fine in [
            "turn.listen=10.0.0.5:3478",
            "turn.host=a",
            "turn.enabled=false",
        ] {
            assert_eq!(warned(&[fine]), 0, "{fine}");
        }
        assert!(load("", &[], &[]).unwrap().warnings().is_empty());
    }

    #[test]
    fn plain_http_stays_on_loopback_unless_told_otherwise() {
        let error = load("listen = '0.0.0.0:80'", &[], &[]).unwrap_err();
        assert!(error.contains("insecure_listen"), "{error}");
        assert!(load("listen = '0.0.0.0:80'\ninsecure_listen = true", &[], &[]).is_ok());
    }

    #[test]
    fn with_tls_it_may_listen_anywhere() {
        let tls = "listen = '[::]:443'\n[tls]\ncertificate = 'c.pem'\nkey = 'k.pem'";
        assert!(load(tls, &[], &[]).is_ok());
        let error = load(tls, &[], &["public_url=http://help.example"]).unwrap_err();
        assert!(error.contains("public_url"), "{error}");
        let error = load("[tls]\ncertificate = 'c.pem'", &[], &[]).unwrap_err();
        assert!(error.contains("key"), "{error}");
    }

    #[test]
    fn proxies_and_offers_are_judged_with_their_keys() {
        let error = load("trusted_proxies = ['10.0.0.0/40']", &[], &[]).unwrap_err();
        assert!(error.contains("trusted_proxies"), "{error}");
        assert!(load("trusted_proxies = ['10.0.0.0/8', '::1']", &[], &[]).is_ok());
        let turn = load("[turn]\ntcp = 'off'\ntls = '[2001:db8::1]:443'", &[], &[]);
        let turn = turn.unwrap().turn;
        assert_eq!(turn.tcp, Offer::Off);
        assert_eq!(turn.tls, Offer::At("[2001:db8::1]:443".to_owned()));
        for bad in [
            "",
            "turn.example",
            "turn.example:0",
            ":443",
            "a b:1",
            "u@h:1",
            "h/p:1",
        ] {
            let error = load("", &[], &[&format!("turn.tls='{bad}'")]).unwrap_err();
            assert!(error.contains("host:port"), "{bad}: {error}");
        }
    }

    #[test]
    fn values_that_cannot_work_are_refused() {
        assert!(load("[turn]\nmin_port = 9\nmax_port = 8", &[], &[]).is_err());
        assert!(load("public_url = 'ftp://x'", &[], &[]).is_err());
        assert!(load("[queue]\nring_timeout = 0", &[], &[]).is_err());
        assert!(load("[turn]\nallocation_age = 0", &[], &[]).is_err());
        assert!(load("[turn]\nallocations = 0", &[], &[]).is_err());
        assert!(load("[limits]\nlogins_per_minute = 0", &[], &[]).is_err());
        assert!(load("keep_visits = 0", &[], &[]).is_err());
        assert!(load("[turn]\nbytes_per_second = 9999", &[], &[]).is_err());
        for (toml, key) in [
            ("[turn]\nallow_peers = ['10.0.0.0/40']", "turn.allow_peers"),
            (
                "[turn.external]\nurls = []\nsecret = 'a secret of some length'",
                "turn.external.urls",
            ),
            (
                "[turn.external]\nurls = ['turn:t.example']\nsecret = 'short'",
                "turn.external.secret",
            ),
        ] {
            let error = load(toml, &[], &[]).unwrap_err();
            assert!(error.contains(key), "{error}");
        }
    }

    #[test]
    fn a_shared_secret_is_not_shown() {
        let config = load(
            "[turn.external]\nurls = ['turn:t.example']\nsecret = 'hush, a long secret'",
            &[],
            &[],
        );
        assert!(!format!("{:?}", config.unwrap()).contains("hush"));
    }
}
