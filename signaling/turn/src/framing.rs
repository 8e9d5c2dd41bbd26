//! Finding the frames in a stream (RFC 8656, sections 3.1 and 12.5).

use thiserror::Error;
use turn_types::stun::message::MessageHeader;

use crate::frame::{CHANNEL, CHANNEL_HEADER, KIND};

/// The longest frame of a stream, with its padding: what a datagram may have, too.
const MAX_FRAME: usize = 8 * 1024;
/// Every frame of a stream ends at a multiple of this.
const ALIGNMENT: usize = 4;
const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
/// Room for the first bytes of a stream, and the most that a busy one gets.
const SMALL: usize = 1024;
const LARGE: usize = 2 * MAX_FRAME;

/// Bytes that begin no frame, or one that is too long. Nothing that follows can be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the stream holds what is neither a STUN message nor channel data")]
pub struct NoFrame;

/// The bytes of one stream that are not understood yet: at most 16 KiB, and 1 KiB for a stream
/// that never says much.
#[derive(Debug, Default)]
pub struct Frames {
    bytes: Vec<u8>,
    /// Where the next frame begins.
    begin: usize,
}

impl Frames {
    /// Where the stream's next bytes are to be appended, with room for some. Only once
    /// [`Frames::next`] has nothing more: that is what bounds it.
    pub fn space(&mut self) -> &mut Vec<u8> {
        let full = self.bytes.len() == self.bytes.capacity();
        self.bytes.drain(..self.begin);
        self.begin = 0;
        if full {
            // A read that fills its buffer leaves more behind.
            let room = (2 * self.bytes.capacity()).clamp(SMALL, LARGE);
            self.bytes
                .reserve_exact(room.saturating_sub(self.bytes.len()));
        }
        &mut self.bytes
    }

    /// The next whole frame, without its padding; `None` if more bytes are needed.
    ///
    /// # Errors
    /// When what comes next is no frame.
    #[expect(
        clippy::should_implement_trait,
        reason = "a frame is borrowed, and there may be more after none"
    )]
    pub fn next(&mut self) -> Result<Option<&[u8]>, NoFrame> {
        let rest = &self.bytes[self.begin..];
        let Some(length) = length(rest)? else {
            return Ok(None);
        };
        let padded = length.next_multiple_of(ALIGNMENT);
        if rest.len() < padded {
            return Ok(None);
        }
        self.begin += padded;
        Ok(Some(&rest[..length]))
    }
}

/// The length of the frame that these bytes begin, once they tell it.
fn length(bytes: &[u8]) -> Result<Option<usize>, NoFrame> {
    let Some(first) = bytes.first() else {
        return Ok(None);
    };
    let is_channel = match first & KIND {
        0 => false,
        CHANNEL => true,
        _ => return Err(NoFrame),
    };
    let Some(&[high, low]) = bytes.get(2..4) else {
        return Ok(None);
    };
    let length = usize::from(u16::from_be_bytes([high, low]));
    let length = if is_channel {
        CHANNEL_HEADER + length
    } else {
        let cookie = &bytes[CHANNEL_HEADER..bytes.len().min(8)];
        if length % ALIGNMENT != 0 || !MAGIC_COOKIE.starts_with(cookie) {
            return Err(NoFrame);
        }
        MessageHeader::LENGTH + length
    };
    if length > MAX_FRAME {
        return Err(NoFrame);
    }
    Ok(Some(length))
}

/// How many of these bytes are the first frame and its padding, if they hold it whole.
pub(crate) fn first(bytes: &[u8]) -> Option<usize> {
    let length = length(bytes).ok()??.next_multiple_of(ALIGNMENT);
    (length <= bytes.len()).then_some(length)
}

/// Appends a frame as streams carry it.
pub(crate) fn pad(frame: &[u8], onto: &mut Vec<u8>) {
    onto.extend_from_slice(frame);
    onto.resize(
        onto.len() + frame.len().next_multiple_of(ALIGNMENT) - frame.len(),
        0,
    );
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn message(attributes: &[u8]) -> Vec<u8> {
        let length = u16::try_from(attributes.len()).unwrap();
        let mut message = [[0, 1], length.to_be_bytes()].concat();
        message.extend(MAGIC_COOKIE);
        message.extend([7; 12]);
        message.extend(attributes);
        message
    }

    fn channel(data: &[u8]) -> Vec<u8> {
        let length = u16::try_from(data.len()).unwrap();
        [&[0x40, 0x01], &length.to_be_bytes()[..], data].concat()
    }

    /// Feeds a stream in pieces and gives back its frames, and whether it was one to its end.
    fn read(bytes: &[u8], pieces: &[usize]) -> (Vec<Vec<u8>>, Result<(), NoFrame>) {
        let (mut frames, mut found) = (Frames::default(), Vec::new());
        let mut pieces = pieces.iter().copied().cycle();
        let mut rest = bytes;
        while !rest.is_empty() {
            let space = frames.space();
            let room = space.capacity() - space.len();
            assert!(room > 0 && space.capacity() <= LARGE);
            let piece = pieces.next().unwrap_or(1).clamp(1, room).min(rest.len());
            space.extend_from_slice(&rest[..piece]);
            rest = &rest[piece..];
            loop {
                match frames.next() {
                    Ok(Some(frame)) => found.push(frame.to_vec()),
                    Ok(None) => break,
                    Err(error) => return (found, Err(error)),
                }
            }
        }
        (found, Ok(()))
    }

    #[test]
    fn what_is_no_frame_is_known_as_soon_as_it_can_be() {
        for bytes in [
            &[0x80][..],
            &[0xff],
            // A length that is no multiple of four, a wrong cookie, a frame beyond the bound.
            &[0, 1, 0, 3],
            &[0, 1, 0, 0, 0x21, 0x13],
            &[0x40, 1, 0x20, 0],
            &[0, 1, 0x20, 0],
            b"\x16\x03\x01\x02\x00\x01",
        ] {
            assert_eq!(read(bytes, &[1]).1, Err(NoFrame), "{bytes:?}");
        }
        assert_eq!(read(&[0x40, 1, 0x1f, 0xfc], &[1]).1, Ok(()));
    }

    #[test]
    fn the_frame_before_what_is_none_is_found() {
        let mut bytes = message(b"attr");
        bytes.push(0x80);
        assert_eq!(read(&bytes, &[100]), (vec![message(b"attr")], Err(NoFrame)));
    }

    proptest! {
        #[test]
        fn what_was_padded_is_found_however_it_is_cut(
            contents in prop::collection::vec(
                (any::<bool>(), prop::collection::vec(any::<u8>(), 0..2000)), 1..12,
            ),
            pieces in prop::collection::vec(1usize..3000, 1..8),
        ) {
            let all: Vec<_> = contents
                .into_iter()
                .map(|(is_channel, mut data)| {
                    if is_channel {
                        return channel(&data);
                    }
                    data.truncate(data.len() / ALIGNMENT * ALIGNMENT);
                    message(&data)
                })
                .collect();
            let mut bytes = Vec::new();
            for frame in &all {
                pad(frame, &mut bytes);
            }
            prop_assert_eq!(read(&bytes, &pieces), (all, Ok(())));
        }

        #[test]
        fn any_bytes_are_read_within_bounds_and_alike(
            bytes in prop::collection::vec(any::<u8>(), 0..400),
            pieces in prop::collection::vec(1usize..50, 1..8),
        ) {
            prop_assert_eq!(read(&bytes, &pieces), read(&bytes, &[400]));
        }
    }
}
