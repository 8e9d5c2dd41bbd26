//! Proving who sent a request, before anything else is done with it.

use turn_types::stun::{
    attribute::{MessageIntegrity, MessageIntegritySha256, Userhash, Username},
    message::{IntegrityAlgorithm, LongTermKeyCredentials, Message, MessageIntegrityCredentials},
    prelude::{Attribute as _, AttributeStaticType},
};

use crate::credentials::{Claim, Secret};

/// What a request proves about its sender.
pub(crate) enum Proof {
    /// Nothing: it has no integrity attribute. Every client begins like this.
    Absent,
    /// It pretends: the username was never minted, or the password is wrong.
    Broken,
    /// It names no sender, or two, so that readers could disagree about who it is.
    Ambiguous,
    /// It hides its sender's name in a hash, and with it the expiry.
    Hashed,
    /// Its sender holds credentials minted with our secret (which may have expired).
    Good(Proven),
}

/// A proven claim, and what is needed to sign the answer.
pub(crate) struct Proven {
    pub(crate) claim: Claim,
    pub(crate) password: String,
    pub(crate) key: MessageIntegrityCredentials,
    pub(crate) algorithm: IntegrityAlgorithm,
}

impl Proof {
    pub(crate) fn of(message: &Message<'_>, secret: &Secret, realm: &str) -> Self {
        if message.has_attribute(Userhash::TYPE) {
            return Self::Hashed;
        }
        let names = message
            .iter_attributes()
            .filter(|(_, attribute)| attribute.get_type() == Username::TYPE)
            .count();
        let signed = message.has_attribute(MessageIntegrity::TYPE)
            || message.has_attribute(MessageIntegritySha256::TYPE);
        if names > 1 || (signed && names == 0) {
            return Self::Ambiguous;
        }
        if !signed {
            return Self::Absent;
        }
        Self::claimed(message, secret, realm).map_or(Self::Broken, Self::Good)
    }

    fn claimed(message: &Message<'_>, secret: &Secret, realm: &str) -> Option<Proven> {
        let claim = Claim::read(message.attribute::<Username>().ok()?.username())?;
        let password = secret.password(&claim.username);
        let key = MessageIntegrityCredentials::from(LongTermKeyCredentials::new(
            claim.username.clone(),
            password.clone(),
            realm.to_owned(),
        ));
        let algorithm = message.validate_integrity(&key).ok()?;
        Some(Proven {
            claim,
            password,
            key,
            algorithm,
        })
    }
}
