//! What a fuzzer may call, and nobody else needs.

use isession_protocol::bounded::Ticket;
use isession_protocol::{Timestamp, limits};

use crate::ticket::{Claims, TicketKey};

/// Takes the bytes for a ticket, and for the claims of one; `true` if they are claims.
///
/// # Panics
/// When a ticket holds that this key did not sign, or one does not hold that it did.
pub fn ticket(bytes: &[u8]) -> bool {
    let key = TicketKey::new([1; 32]);
    if let Ok(forged) = Ticket::new(String::from_utf8_lossy(bytes)) {
        assert!(key.check(&forged, Timestamp::ZERO).is_err());
    }
    let Ok(claims) = serde_json::from_slice::<Claims>(bytes) else {
        return false;
    };
    let ticket = key.issue(&claims);
    let text = ticket.as_str();
    assert!(text.len() <= limits::TICKET);
    let other = TicketKey::new([2; 32]);
    assert!(other.check(&ticket, Timestamp::ZERO).is_err());
    let place = bytes.len() % text.len();
    let changed = if text.as_bytes()[place] == b'A' {
        "B"
    } else {
        "A"
    };
    let mut text = text.to_owned();
    text.replace_range(place..=place, changed);
    assert!(
        key.check(&Ticket::truncated(&text), Timestamp::ZERO)
            .is_err()
    );
    match key.check(&ticket, Timestamp::ZERO) {
        Ok(read) => assert!(read == claims || read == claims.shortened()),
        Err(_) => assert!(claims.until() == Timestamp::ZERO),
    }
    true
}
