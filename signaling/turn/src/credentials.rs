//! Time-limited credentials in the manner of the TURN REST API, interchangeable with coturn's
//! `use-auth-secret`: the username tells when it expires and for which link it was minted, the
//! password is a keyed hash of it. The server keeps no list of them.

use std::{fmt, time::Duration};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use thiserror::Error;

/// Longer usernames were not minted here, and are not worth a hash.
const MAX_USERNAME: usize = 256;

/// Credentials hand out a hash that can be guessed at offline: a short secret would be found.
const MIN_SECRET: usize = 16;

/// What node and TURN server share.
#[derive(Clone)]
pub struct Secret(Hmac<Sha1>);

/// A username and its password, for one link and a limited time.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The second since 1970 in which the credentials expire, a colon, and the link.
    pub username: String,
    /// Base64 of the HMAC-SHA1 of the username.
    pub password: String,
}

/// A secret that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a turn secret has at least {MIN_SECRET} bytes")]
pub struct SecretTooShort;

impl Secret {
    /// Takes the shared secret as it is configured, on coturn's side too.
    pub fn new(secret: &str) -> Result<Self, SecretTooShort> {
        if secret.len() < MIN_SECRET {
            return Err(SecretTooShort);
        }
        Hmac::new_from_slice(secret.as_bytes())
            .map(Self)
            .map_err(|_| SecretTooShort)
    }

    /// Makes the credentials of `link`, good until `expires` (seconds since 1970).
    pub fn mint(&self, link: &str, expires: u64) -> Credentials {
        let username = format!("{expires}:{link}");
        let password = self.password(&username);
        Credentials { username, password }
    }

    pub(crate) fn password(&self, username: &str) -> String {
        let mut mac = self.0.clone();
        mac.update(username.as_bytes());
        BASE64_STANDARD.encode(mac.finalize().into_bytes())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(hidden)")
    }
}

/// How the link of a check begins: somebody wants to know whether the way here is open. It gets
/// one allocation at a time, each for [`CHECK_AGE`], and nothing is relayed for it.
pub const CHECK: &str = "check-";

/// How long an allocation of a check lives, refreshed or not: by then it has proven what it can.
pub const CHECK_AGE: Duration = Duration::from_secs(60);

/// What stands before a link while it rings. Nobody has accepted yet, so what is relayed for it
/// stays among the relays of this server.
pub const RING: &str = "ring-";

/// What credentials were minted for, and so whom their allocations may relay to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Nobody.
    Check,
    /// Live relays of this server.
    Ring,
    /// Whoever the fence lets through.
    Session,
}

/// What a username says; true only once the integrity of its message is proven.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) username: String,
    /// The same for its ring and its session.
    pub(crate) link: String,
    pub(crate) purpose: Purpose,
    expires: u64,
}

impl Claim {
    pub(crate) fn read(username: &str) -> Option<Self> {
        if username.len() > MAX_USERNAME {
            return None;
        }
        let (expires, name) = username.split_once(':')?;
        let (link, purpose) = match name.strip_prefix(RING) {
            Some(link) => (link, Purpose::Ring),
            None if name.starts_with(CHECK) => (name, Purpose::Check),
            None => (name, Purpose::Session),
        };
        Some(Self {
            username: username.to_owned(),
            link: link.to_owned(),
            purpose,
            expires: expires.parse().ok()?,
        })
    }

    pub(crate) const fn expired(&self, unix: u64) -> bool {
        self.expires <= unix
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn secret() -> Secret {
        Secret::new("a secret of some length").unwrap()
    }

    #[test]
    fn minted_credentials_are_those_of_the_rest_api() {
        // printf %s 1700000000:link | openssl dgst -sha1 -hmac 'a secret of some length' -binary | base64
        let minted = secret().mint("link", 1_700_000_000);
        assert_eq!(minted.username, "1700000000:link");
        assert_eq!(minted.password, "z4E+rW23zD1z/ICXmnXxPIGRZ1w=");
    }

    #[test]
    fn short_secrets_are_refused() {
        assert!(Secret::new("").is_err());
        assert!(Secret::new("fifteen bytes..").is_err());
        assert!(Secret::new("sixteen bytes...").is_ok());
    }

    #[test]
    fn usernames_that_were_never_minted_are_no_claims() {
        let long = format!("1:{}", "x".repeat(MAX_USERNAME));
        for name in [
            "",
            "link",
            ":link",
            "soon:link",
            "-1:link",
            "99999999999999999999:link",
            &long,
        ] {
            assert!(Claim::read(name).is_none(), "{name}");
        }
    }

    #[test]
    fn a_claim_ends_with_its_last_second() {
        let claim = Claim::read("100:link").unwrap();
        assert!(!claim.expired(99));
        assert!(claim.expired(100));
    }

    #[test]
    fn a_link_is_the_same_while_it_rings() {
        for (name, link, purpose) in [
            ("ring-l", "l", Purpose::Ring),
            ("check-l", "check-l", Purpose::Check),
            ("l", "l", Purpose::Session),
        ] {
            let claim = Claim::read(&format!("100:{name}")).unwrap();
            assert_eq!((claim.link.as_str(), claim.purpose), (link, purpose));
        }
    }

    #[test]
    fn nothing_secret_is_printed() {
        let minted = secret().mint("link", 1);
        let printed = format!("{:?} {minted:?}", secret());
        assert!(
            !printed.contains("link") && !printed.contains(&minted.password),
            "{printed}"
        );
    }

    proptest! {
        #[test]
        fn what_is_minted_is_read_back(link in "[0-9a-zA-Z:-]{1,60}", expires: u64) {
            let minted = secret().mint(&link, expires);
            let claim = Claim::read(&minted.username).unwrap();
            prop_assert_eq!(&claim.link, &link);
            prop_assert_eq!(claim.expires, expires);
            prop_assert_eq!(secret().password(&claim.username), minted.password);
        }

        #[test]
        fn one_changed_byte_of_the_username_changes_the_password(
            link in "[a-z]{1,20}", expires: u64,
        ) {
            let minted = secret().mint(&link, expires);
            prop_assert_ne!(secret().password(&format!("{}x", minted.username)), minted.password);
        }
    }
}
