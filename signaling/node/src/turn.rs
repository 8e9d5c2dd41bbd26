//! Starts the relay that the configuration asks for.

use isession_turn::{Limits, Secret, TurnConfig as ServerConfig, TurnServer};

use crate::config::{ConfigError, TurnConfig, networks};
use crate::node::NodeError;
use crate::relay::Relay;

/// The relay, and the embedded server if that is it. `key` is the node's own secret.
pub(crate) fn start(
    config: &TurnConfig,
    key: [u8; 32],
) -> Result<(Relay, Option<TurnServer>), NodeError> {
    if let Some(external) = &config.external {
        let relay = Relay::External {
            secret: secret(&external.secret)?,
            urls: external.urls.clone(),
            ttl: config.credential_ttl,
        };
        return Ok((relay, None));
    }
    if !config.enabled {
        return Ok((Relay::Off, None));
    }
    let own = secret(&key.map(|byte| format!("{byte:02x}")).concat())?;
    let server = TurnServer::bind(server_config(config, own.clone())?).map_err(NodeError::Turn)?;
    let relay = Relay::embedded(config, own, server.local_addr().port());
    Ok((relay, Some(server)))
}

fn server_config(config: &TurnConfig, secret: Secret) -> Result<ServerConfig, NodeError> {
    let allow_peers = networks("turn.allow_peers", &config.allow_peers)?;
    Ok(ServerConfig {
        external_ip: config.external_ip,
        relay_ports: config.min_port..=config.max_port,
        limits: Limits {
            allocations: config.allocations,
            allocations_per_link: config.allocations_per_session,
            ..Limits::default()
        },
        allow_peers,
        ..ServerConfig::new(config.listen, secret)
    })
}

fn secret(text: &str) -> Result<Secret, ConfigError> {
    Secret::new(text).map_err(|error| ConfigError::Value {
        key: "turn.external.secret",
        problem: error.to_string(),
    })
}
