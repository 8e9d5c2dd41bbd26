//! What the protocol crate overlooks in a request for an allocation.

use turn_types::{
    attribute::{
        DontFragment, EvenPort, RequestedAddressFamily, RequestedTransport, ReservationToken,
    },
    stun::{
        attribute::{AttributeType, ErrorCode},
        message::Message,
        prelude::{Attribute as _, AttributeFromRaw as _, AttributeStaticType as _},
    },
};

use crate::client::Port;

/// Why a request cannot be granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// It is refused with this error code.
    Refused(u16),
    /// It insists on what is not understood here.
    Unknown(AttributeType),
}

/// Judges a request (RFC 8656, section 7.2).
pub(crate) fn flaw(message: &Message<'_>) -> Option<Flaw> {
    let transport = message.attribute::<RequestedTransport>();
    // Relays over TCP are RFC 6062's. The crate speaks it, this server does not.
    if transport.is_ok_and(|transport| transport.protocol() != RequestedTransport::UDP) {
        return Some(Flaw::Refused(ErrorCode::UNSUPPORTED_TRANSPORT_PROTOCOL));
    }
    // The crate takes it and fragments all the same.
    if message.has_attribute(DontFragment::TYPE) {
        return Some(Flaw::Unknown(DontFragment::TYPE));
    }
    let no_such_family = message.iter_attributes().any(|(_, attribute)| {
        attribute.get_type() == RequestedAddressFamily::TYPE
            && RequestedAddressFamily::from_raw(attribute).is_err()
    });
    no_such_family.then_some(Flaw::Refused(ErrorCode::ADDRESS_FAMILY_NOT_SUPPORTED))
}

/// Which port a request asks for. The crate reads past that.
pub(crate) fn port(message: &Message<'_>) -> Port {
    let even = message.attribute::<EvenPort>();
    if message.has_attribute(ReservationToken::TYPE) || even.is_ok_and(|even| even.requested()) {
        Port::Kept
    } else if message.has_attribute(EvenPort::TYPE) {
        Port::Even
    } else {
        Port::Any
    }
}
