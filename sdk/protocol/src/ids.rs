//! Names of the things in DESIGN's vocabulary, valid by construction.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::limits;

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(type = "string"))]
        pub struct $name(Uuid);

        impl $name {
            /// The id with this value; callers bring fresh ones, the core makes none.
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The value.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

uuid_id!(
    /// A visitor, for as long as the visit lasts.
    VisitorId
);
uuid_id!(
    /// An agent's account.
    AgentId
);
uuid_id!(
    /// One visitor and at least one agent, from accept to end.
    SessionId
);
uuid_id!(
    /// Two connections that may exchange signals through the node.
    LinkId
);

/// A site's short name in addresses: 1 to 64 of `a-z`, `0-9` and `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(type = "string"))]
#[serde(try_from = "String", into = "String")]
pub struct SiteId(String);

/// The text is not a [`SiteId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a site id is 1 to 64 of a-z, 0-9 and -")]
pub struct NotASiteId;

impl SiteId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for SiteId {
    type Error = NotASiteId;

    fn try_from(id: String) -> Result<Self, NotASiteId> {
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if id.is_empty() || id.len() > 64 || !id.bytes().all(fits) {
            return Err(NotASiteId);
        }
        Ok(Self(id))
    }
}

impl std::str::FromStr for SiteId {
    type Err = NotASiteId;

    fn from_str(id: &str) -> Result<Self, NotASiteId> {
        Self::try_from(id.to_owned())
    }
}

impl From<SiteId> for String {
    fn from(id: SiteId) -> Self {
        id.0
    }
}

impl fmt::Display for SiteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One life of something on one side of a session, a page or a peer connection: 1 to 32 of
/// `a-z`, `0-9`. Random, so that counters of two lives never meet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(type = "string"))]
#[serde(try_from = "String", into = "String")]
pub struct Epoch(String);

/// The text is not an [`Epoch`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an epoch is 1 to 32 of a-z and 0-9")]
pub struct NotAnEpoch;

impl Epoch {
    /// The epoch as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Epoch {
    type Error = NotAnEpoch;

    fn try_from(epoch: String) -> Result<Self, NotAnEpoch> {
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        if epoch.is_empty() || epoch.len() > limits::EPOCH || !epoch.bytes().all(fits) {
            return Err(NotAnEpoch);
        }
        Ok(Self(epoch))
    }
}

impl From<Uuid> for Epoch {
    fn from(uuid: Uuid) -> Self {
        Self(uuid.simple().to_string())
    }
}

impl From<Epoch> for String {
    fn from(epoch: Epoch) -> Self {
        epoch.0
    }
}
