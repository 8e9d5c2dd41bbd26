//! The words of iSession on the wire, and nothing else.
//!
//! # Layout
//! - [`signaling`]: frames between a visitor or an agent and the node (WebSocket text, JSON).
//! - [`channel`]: frames between the two people (WebRTC data channels, JSON).
//! - [`bulk`]: how the mirror travels between them (bytes).
//! - [`ids`], [`bounded`]: names and texts, valid by construction.
//! - [`error`]: why a frame was refused, and the codes that travel.
//! - [`limits`]: every size that both ends rely on.
//!
//! A frame of a kind this version does not know decodes to `Unknown` and is passed over, so that
//! a newer peer can say more. A known frame that breaks a limit is refused with a typed error.

pub mod bounded;
pub mod bulk;
pub mod channel;
pub mod error;
pub mod ids;
pub mod limits;
#[cfg(test)]
mod reference;
pub mod signaling;
mod time;
#[cfg(test)]
mod typescript;

pub use error::{DecodeError, ErrorCode};
pub use time::Timestamp;

/// The WebSocket subprotocol (RFC 6455 section 1.9) both ends must agree on.
pub const SUBPROTOCOL: &str = "isession.v1";

/// Decodes one frame; `max` is the size limit of the place it came from.
pub fn decode<T: serde::de::DeserializeOwned>(text: &str, max: usize) -> Result<T, DecodeError> {
    if text.len() > max {
        return Err(DecodeError::TooLarge {
            bytes: text.len(),
            max,
        });
    }
    serde_json::from_str(text).map_err(DecodeError::from)
}

/// Encodes one frame. Every wire type is plain data with string keys, which JSON always holds.
pub fn encode<T: serde::Serialize>(frame: &T) -> String {
    serde_json::to_string(frame).unwrap_or_default()
}
