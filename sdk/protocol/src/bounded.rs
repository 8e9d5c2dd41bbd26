//! Texts that cannot be longer than their limit.

use serde::{Deserialize, Serialize};

use crate::limits;

/// A text of at most `MAX` bytes of UTF-8.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Bounded<const MAX: usize>(String);

/// One chat message.
pub type MessageText = Bounded<{ limits::MESSAGE_TEXT }>;
/// A person's or a site's name.
pub type Name = Bounded<{ limits::NAME }>;
/// What a visit is about.
pub type Topic = Bounded<{ limits::TOPIC }>;
/// A department of a site.
pub type Department = Bounded<{ limits::DEPARTMENT }>;
/// A URL that nobody has judged yet.
pub type Url = Bounded<{ limits::URL }>;
/// A page's title.
pub type Title = Bounded<{ limits::TITLE }>;
/// How an element is read out.
pub type Label = Bounded<{ limits::LABEL }>;
/// A host, or `*.` and a host for all below it.
pub type HostPattern = Bounded<{ limits::HOST_PATTERN }>;
/// A CSS selector.
pub type Selector = Bounded<{ limits::SELECTOR }>;
/// An origin (RFC 6454), serialised.
pub type Origin = Bounded<{ limits::ORIGIN }>;
/// A session description (RFC 8866).
pub type Sdp = Bounded<{ limits::SDP }>;
/// The `candidate-attribute` of RFC 8839 section 5.1; empty for the end of candidates.
pub type CandidateLine = Bounded<{ limits::CANDIDATE }>;
/// Proof of a place in the queue or of a session.
pub type Ticket = Bounded<{ limits::TICKET }>;
/// A plain-language explanation.
pub type Reason = Bounded<{ limits::REASON }>;

/// The text was longer than its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("text of {bytes} bytes, at most {max} are allowed")]
pub struct TooLong {
    /// How long the text was.
    pub bytes: usize,
    /// How long it may be.
    pub max: usize,
}

impl<const MAX: usize> Bounded<MAX> {
    /// Takes the text if it is short enough.
    pub fn new(text: impl Into<String>) -> Result<Self, TooLong> {
        let text = text.into();
        if text.len() > MAX {
            return Err(TooLong {
                bytes: text.len(),
                max: MAX,
            });
        }
        Ok(Self(text))
    }

    /// Cuts the text at the last character that fits.
    pub fn truncated(text: &str) -> Self {
        let mut end = text.len().min(MAX);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        Self(text[..end].to_owned())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nothing was said.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Shows the length only: these texts are what people say, and `{:?}` ends up in logs.
impl<const MAX: usize> std::fmt::Debug for Bounded<MAX> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "<{} bytes>", self.0.len())
    }
}

impl<const MAX: usize> TryFrom<String> for Bounded<MAX> {
    type Error = TooLong;

    fn try_from(text: String) -> Result<Self, TooLong> {
        Self::new(text)
    }
}

impl<const MAX: usize> TryFrom<&str> for Bounded<MAX> {
    type Error = TooLong;

    fn try_from(text: &str) -> Result<Self, TooLong> {
        Self::new(text)
    }
}

impl<const MAX: usize> From<Bounded<MAX>> for String {
    fn from(text: Bounded<MAX>) -> Self {
        text.0
    }
}

#[cfg(test)]
impl<const MAX: usize> schemars::JsonSchema for Bounded<MAX> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("Text{MAX}").into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", (crate::reference::MAX_BYTES): MAX })
    }
}
