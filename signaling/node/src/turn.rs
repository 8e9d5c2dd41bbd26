//! Starts the relay that the configuration asks for.

use std::time::Duration;

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
            secret: secret("turn.external.secret", &external.secret)?,
            urls: external.urls.clone(),
            ttl: config.credential_ttl,
        };
        return Ok((relay, None));
    }
    if !config.enabled {
        return Ok((Relay::Off, None));
    }
    let own = secret("turn", &key.map(|byte| format!("{byte:02x}")).concat())?;
    let address = config.listen;
    let server = TurnServer::bind(server_config(config, own.clone())?)
        .map_err(|source| NodeError::Turn { address, source })?;
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
            allocations_per_link: config.allocations_per_link,
            allocation_age: Duration::from_secs(u64::from(config.allocation_age)),
            bytes_per_second: Some(config.bytes_per_second),
            ..Limits::default()
        },
        allow_peers,
        ..ServerConfig::new(config.listen, secret)
    })
}

fn secret(key: &'static str, text: &str) -> Result<Secret, ConfigError> {
    Secret::new(text).map_err(|error| ConfigError::Value {
        key,
        problem: error.to_string(),
    })
}
