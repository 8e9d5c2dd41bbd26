//! The answers that the protocol crate does not give.

use std::net::SocketAddr;

use turn_types::stun::{
    attribute::{AttributeType, ErrorCode, Fingerprint, Userhash, XorMappedAddress},
    message::{Message, MessageWriteVec},
    prelude::{AttributeStaticType, MessageWrite, MessageWriteExt},
};

use crate::auth::Proven;

/// Answers a Binding request. The crate would send this answer to itself.
pub(crate) fn binding(request: &Message<'_>, client: SocketAddr) -> Option<Vec<u8>> {
    let refused = Message::check_attribute_types(
        request,
        &[Fingerprint::TYPE],
        &[],
        MessageWriteVec::with_capacity(64),
    );
    if let Some(refused) = refused {
        return Some(refused.finish());
    }
    let mut answer = Message::builder_success(request, MessageWriteVec::with_capacity(64));
    answer
        .add_attribute(&XorMappedAddress::new(client, request.transaction_id()))
        .ok()?;
    answer.add_fingerprint().ok()?;
    Some(answer.finish())
}

/// Refuses a request whose sender is proven.
pub(crate) fn refusal(request: &Message<'_>, code: u16, proven: &Proven) -> Option<Vec<u8>> {
    let mut answer = Message::builder_error(request, MessageWriteVec::with_capacity(96));
    answer
        .add_attribute(&ErrorCode::builder(code).build().ok()?)
        .ok()?;
    answer
        .add_message_integrity(&proven.key, proven.algorithm)
        .ok()?;
    Some(answer.finish())
}

/// Refuses a request whose sender is proven, and which holds what is not understood here.
pub(crate) fn unknown(
    request: &Message<'_>,
    attribute: AttributeType,
    proven: &Proven,
) -> Option<Vec<u8>> {
    let write = MessageWriteVec::with_capacity(96);
    let mut answer = Message::unknown_attributes(request, &[attribute], write);
    answer
        .add_message_integrity(&proven.key, proven.algorithm)
        .ok()?;
    Some(answer.finish())
}

/// Refuses a request whose sender is named ambiguously.
pub(crate) fn bad_request(request: &Message<'_>) -> Vec<u8> {
    Message::bad_request(request, MessageWriteVec::with_capacity(64)).finish()
}

/// Says that hashed usernames are not understood here: what was minted is kept nowhere, so the
/// expiry cannot be found.
pub(crate) fn hash_unknown(request: &Message<'_>) -> Vec<u8> {
    let write = MessageWriteVec::with_capacity(64);
    Message::unknown_attributes(request, &[Userhash::TYPE], write).finish()
}

/// The same request without anything in it, which the crate answers with a challenge: 401, realm
/// and nonce.
pub(crate) fn bare(request: &Message<'_>) -> Vec<u8> {
    Message::builder(
        request.get_type(),
        request.transaction_id(),
        MessageWriteVec::with_capacity(20),
    )
    .finish()
}
