//! Telling STUN messages from channel data, and where either ends.

use turn_types::stun::message::MessageHeader;

/// What a client sends: one STUN message or one ChannelData message, without padding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Frame<'a> {
    /// A STUN message, whole by its own account.
    Message(&'a [u8]),
    /// Channel number, length and data.
    Channel(&'a [u8]),
}

/// What is said by the first two bits (RFC 8656, section 12).
pub(crate) const KIND: u8 = 0b1100_0000;
pub(crate) const CHANNEL: u8 = 0b0100_0000;
pub(crate) const CHANNEL_HEADER: usize = 4;

impl<'a> Frame<'a> {
    /// Reads the one frame of a packet; `None` for anything else. Bytes after channel data are
    /// its padding, which a datagram may carry and a stream must.
    pub(crate) fn read(packet: &'a [u8]) -> Option<Self> {
        let &[first, _, high, low, ..] = packet else {
            return None;
        };
        let length = usize::from(u16::from_be_bytes([high, low]));
        match first & KIND {
            0 => {
                let whole = packet.len() == MessageHeader::LENGTH + length;
                (whole && length % 4 == 0).then_some(Self::Message(packet))
            }
            CHANNEL => packet.get(..CHANNEL_HEADER + length).map(Self::Channel),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn padding_of_channel_data_is_cut_off() {
        let packet = [0x40, 0x01, 0, 3, 1, 2, 3, 0];
        assert_eq!(Frame::read(&packet), Some(Frame::Channel(&packet[..7])));
    }

    #[test]
    fn what_is_cut_short_is_no_frame() {
        assert_eq!(Frame::read(&[0x40, 0x01, 0]), None);
        assert_eq!(Frame::read(&[0x40, 0x01, 0, 3, 1, 2]), None);
        assert_eq!(Frame::read(&[0; 19]), None);
        assert_eq!(Frame::read(&[0x80; 40]), None);
    }

    #[test]
    fn a_message_ends_where_its_packet_ends() {
        let mut packet = [0u8; 24];
        assert_eq!(Frame::read(&packet), None);
        packet[3] = 4;
        assert_eq!(Frame::read(&packet), Some(Frame::Message(&packet)));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_frame_or_not(packet in prop::collection::vec(any::<u8>(), 0..64)) {
            if let Some(Frame::Message(bytes) | Frame::Channel(bytes)) = Frame::read(&packet) {
                prop_assert!(packet.starts_with(bytes));
            }
        }
    }
}
