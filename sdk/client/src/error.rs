use isession_protocol::ErrorCode;
use isession_protocol::bounded::TooLong;

/// What can go wrong on this side.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SdkError {
    /// The node's address is not one.
    #[error("not the address of a node: {0}")]
    Address(&'static str),
    /// What was given as a root certificate is none.
    #[error("not a root certificate in PEM or DER")]
    Certificate,
    /// The node cannot be reached, or the connection broke.
    #[error("the node cannot be reached")]
    Io(#[from] std::io::Error),
    /// The WebSocket could not be opened.
    #[error("the node took no websocket")]
    WebSocket(#[from] Box<tokio_tungstenite::tungstenite::Error>),
    /// The node answered something that is not of this protocol.
    #[error("the node's answer is not understood")]
    Answer,
    /// The node refused.
    #[error("the node refused ({code:?}): {message}")]
    Refused {
        /// Why, for programs.
        code: ErrorCode,
        /// Why, for people.
        message: String,
    },
    /// A text is longer than it may be.
    #[error(transparent)]
    TooLong(#[from] TooLong),
    /// The conversation holds all that one may hold.
    #[error("this conversation is full")]
    Full,
    /// What this side may not say: leads are the agent's, landings and consent the visitor's.
    #[error("not for this role")]
    Role,
    /// There is no open channel to the other side now.
    #[error("the channel is not open")]
    NotOpen,
    /// This program took bulk messages too slowly.
    #[error("{messages} bulk messages found no room")]
    BulkLost {
        /// How many were thrown away.
        messages: usize,
    },
    /// What arrived is no mirror.
    #[error("the mirror is lost")]
    Mirror(#[from] crate::mirror::Malformed),
    /// The session or the connection to the node is over.
    #[error("it is over")]
    Over,
    /// The WebRTC stack failed.
    #[error("webrtc failed")]
    WebRtc(#[from] webrtc::error::Error),
}

impl From<tokio_tungstenite::tungstenite::Error> for SdkError {
    fn from(error: tokio_tungstenite::tungstenite::Error) -> Self {
        Self::WebSocket(Box::new(error))
    }
}
