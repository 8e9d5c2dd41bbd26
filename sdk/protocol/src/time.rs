use serde::{Deserialize, Serialize};

use crate::limits::TIME;

/// Milliseconds since the Unix epoch. A number, so that it can be stored, sent and compared
/// between machines, and never later than a JavaScript date can be.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(type = "number"))]
#[serde(try_from = "u64")]
pub struct Timestamp(u64);

impl Timestamp {
    /// The start of the Unix epoch.
    pub const ZERO: Self = Self(0);

    /// Clamps to the largest time that can be sent, some 273,000 years from now.
    pub const fn from_millis(millis: u64) -> Self {
        Self(if millis > TIME { TIME } else { millis })
    }

    /// Milliseconds since the Unix epoch.
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// This time and `millis` more.
    #[must_use]
    pub const fn plus(self, millis: u64) -> Self {
        Self::from_millis(self.0.saturating_add(millis))
    }

    /// Milliseconds from `earlier` to this time; 0 if `earlier` is later.
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl TryFrom<u64> for Timestamp {
    type Error = &'static str;

    fn try_from(millis: u64) -> Result<Self, Self::Error> {
        if millis > TIME {
            return Err("time beyond the last one");
        }
        Ok(Self(millis))
    }
}
