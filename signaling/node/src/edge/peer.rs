//! Who sent a request, and how the node was reached.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::node::Shared;
use crate::reached::{Connection, Reached, sender};

/// Whoever sent a request.
pub(super) struct Peer {
    /// Its address, as far as trusted proxies tell it. Never logged.
    pub address: IpAddr,
    pub reached: Reached,
}

impl FromRequestParts<Arc<Shared>> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        shared: &Arc<Shared>,
    ) -> Result<Self, Infallible> {
        // The gate says it of every request; a nameless one shares one place with its like.
        let connection = parts
            .extensions
            .get()
            .copied()
            .unwrap_or_else(|| Connection {
                from: Ipv6Addr::UNSPECIFIED.into(),
                port: 0,
                tls: false,
            });
        let (headers, trusted) = (&parts.headers, &shared.proxies);
        let public_url = shared.config.public_url.as_deref();
        Ok(Self {
            address: sender(headers, connection.from, trusted),
            reached: Reached::of(headers, connection, public_url, trusted),
        })
    }
}
