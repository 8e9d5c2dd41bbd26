//! Why a frame was refused, and the codes that travel.

use serde::{Deserialize, Serialize};

/// A frame could not be taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Longer than the place allows.
    #[error("frame of {bytes} bytes, at most {max} are allowed")]
    TooLarge {
        /// How long the frame was.
        bytes: usize,
        /// How long it may be.
        max: usize,
    },
    /// Not JSON, or not of a frame's shape. The source names the place, never the content.
    #[error("frame not understood at line {line} column {column}")]
    Malformed {
        /// Where in the frame.
        line: usize,
        /// Where in the line.
        column: usize,
    },
}

impl DecodeError {
    /// The code that tells the sender.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::TooLarge { .. } => ErrorCode::TooLarge,
            Self::Malformed { .. } => ErrorCode::BadFrame,
        }
    }
}

/// serde's own message may quote what was sent, so only the position is kept.
impl From<serde_json::Error> for DecodeError {
    fn from(error: serde_json::Error) -> Self {
        Self::Malformed {
            line: error.line(),
            column: error.column(),
        }
    }
}

/// What went wrong, for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The frame is not JSON, or not a frame.
    BadFrame,
    /// The ticket is not ours, or its time is over.
    BadTicket,
    /// The thing named is not there (any more).
    NotFound,
    /// The thing named belongs to somebody else.
    NotYours,
    /// No agent is signed in on this connection.
    NotSignedIn,
    /// The page that opened the connection may not use this site.
    OriginNotAllowed,
    /// The other side reads too slowly, and its queue is full.
    Overloaded,
    /// The same visitor or agent connected anew; this connection is over.
    Superseded,
    /// Frames come faster than allowed.
    TooFast,
    /// The frame is longer than allowed.
    TooLarge,
    /// The address or the node has all the connections it may have.
    TooManyConnections,
    /// There is no such site here.
    UnknownSite,
    /// A code of a newer version.
    #[serde(other)]
    Unknown,
}

impl ErrorCode {
    /// Coming back changes nothing. Whatever else closes a connection may pass.
    pub const fn is_final(self) -> bool {
        matches!(
            self,
            Self::Superseded | Self::UnknownSite | Self::OriginNotAllowed | Self::NotSignedIn
        )
    }
}
