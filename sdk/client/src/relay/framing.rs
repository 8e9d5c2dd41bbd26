//! TURN messages on a stream (RFC 8656, sections 3.1 and 12.5), and what can be told of them
//! without understanding them.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

/// What tells a message's kind and length.
const HEADER: usize = 4;
/// The rest of a STUN message's header, which its length does not count.
const STUN_REST: usize = 16;
/// Every message on a stream ends at a multiple of this.
const ALIGNMENT: usize = 4;
/// Type of the answer to an Allocate that succeeded.
const ALLOCATED: [u8; 2] = [0x01, 0x03];
const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];

/// Bytes after a message's header, and padding after those, which is not the message's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rest {
    message: usize,
    padding: usize,
}

/// `None` for what begins neither a STUN message nor channel data.
fn rest(header: [u8; HEADER]) -> Option<Rest> {
    let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
    match header[0] {
        0x00..=0x3f if length % ALIGNMENT == 0 => Some(Rest {
            message: STUN_REST + length,
            padding: 0,
        }),
        0x40..=0x7f => Some(Rest {
            message: length,
            padding: length.next_multiple_of(ALIGNMENT) - length,
        }),
        _ => None,
    }
}

/// Appends a message as streams carry it. `false`, and nothing is appended, for what is not
/// exactly one message.
pub(super) fn frame(message: &[u8], onto: &mut Vec<u8>) -> bool {
    let Some(rest) = message.first_chunk().and_then(|header| rest(*header)) else {
        return false;
    };
    // Datagrams may carry padding as well.
    let end = HEADER + rest.message;
    if message.len() != end && message.len() != end + rest.padding {
        return false;
    }
    onto.extend_from_slice(&message[..end]);
    onto.resize(onto.len() + rest.padding, 0);
    true
}

/// Reads the next message, without padding. At most 64 KiB: a length has two bytes.
pub(super) async fn read(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let mut header = [0; HEADER];
    from.read_exact(&mut header).await?;
    let rest = rest(header).ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))?;
    let mut message = vec![0; HEADER + rest.message + rest.padding];
    message[..HEADER].copy_from_slice(&header);
    from.read_exact(&mut message[HEADER..]).await?;
    message.truncate(HEADER + rest.message);
    Ok(message)
}

/// Whether a packet may go to a TURN server: channel data, or any STUN message but a Binding.
/// ICE sends Bindings, DTLS what is neither, wherever the other side says.
pub(crate) fn is_turn(packet: &[u8]) -> bool {
    match packet {
        [0x40..=0x7f, _, _, _, ..] => true,
        [kind @ 0x00..=0x3f, method, ..] => {
            is_stun(packet) && (kind & 0x3e, method & 0xef) != (0, 1)
        }
        _ => false,
    }
}

/// Whether a packet grants a relayed address.
pub(crate) fn is_allocated(packet: &[u8]) -> bool {
    packet.starts_with(&ALLOCATED) && is_stun(packet)
}

/// The transaction of a STUN request, which is sent but once on a stream.
pub(super) fn request(packet: &[u8]) -> Option<[u8; 12]> {
    let [kind, method, ..] = packet else {
        return None;
    };
    let class = (kind & 1) << 1 | (method >> 4 & 1);
    if class != 0 || !is_stun(packet) {
        return None;
    }
    packet.get(8..)?.first_chunk().copied()
}

fn is_stun(packet: &[u8]) -> bool {
    packet.get(4..8) == Some(&MAGIC_COOKIE[..]) && packet[0] < 0x40
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stun(kind: u16, attributes: &[u8]) -> Vec<u8> {
        let length = u16::try_from(attributes.len()).unwrap();
        let mut message = [kind.to_be_bytes(), length.to_be_bytes()].concat();
        message.extend(MAGIC_COOKIE);
        message.extend([7; 12]);
        message.extend(attributes);
        message
    }

    fn channel(data: &[u8]) -> Vec<u8> {
        let length = u16::try_from(data.len()).unwrap();
        let mut message = [[0x40, 0x01], length.to_be_bytes()].concat();
        message.extend(data);
        message
    }

    #[test]
    fn channel_data_is_padded_and_stun_is_not() {
        let mut stream = Vec::new();
        assert!(frame(&channel(b"12345"), &mut stream));
        assert_eq!(stream, b"\x40\x01\x00\x0512345\0\0\0");
        stream.clear();
        let allocate = stun(0x0003, b"attr");
        assert!(frame(&allocate, &mut stream));
        assert_eq!(stream, allocate);
    }

    #[test]
    fn nothing_but_one_message_is_framed() {
        let mut stream = Vec::new();
        let longer = [channel(b"1"), vec![0; 4]].concat();
        for packet in [
            &b""[..],
            b"\x40",
            b"\x40\x01\x00\x02a",
            &longer,
            b"\x80aaaaaaaa",
        ] {
            assert!(!frame(packet, &mut stream), "{packet:?}");
        }
        assert!(stream.is_empty());
    }

    #[test]
    fn only_what_is_for_the_server_goes_there() {
        for kind in [0x0003, 0x0004, 0x0008, 0x0009, 0x0016, 0x0103] {
            assert!(is_turn(&stun(kind, b"")), "{kind:#x}");
        }
        assert!(is_turn(&channel(b"x")));
        for kind in [0x0001, 0x0011, 0x0101, 0x0111] {
            assert!(!is_turn(&stun(kind, b"")), "{kind:#x}");
        }
        // DTLS, SRTP, nothing.
        for packet in [
            &b"\x16\xfe\xfd\0\0\0\0\0\0\0"[..],
            b"\x80\0\0\0\0\0\0\0",
            b"",
        ] {
            assert!(!is_turn(packet));
        }
    }

    #[test]
    fn requests_are_told_from_answers() {
        assert_eq!(request(&stun(0x0003, b"")), Some([7; 12]));
        for kind in [0x0016, 0x0103, 0x0113] {
            assert_eq!(request(&stun(kind, b"")), None);
        }
        assert!(is_allocated(&stun(0x0103, b"")));
        assert!(!is_allocated(&stun(0x0113, b"")));
        assert!(!is_allocated(&[1, 3]));
    }

    proptest! {
        #[test]
        fn what_was_framed_is_read_back(
            messages in prop::collection::vec(
                (any::<bool>(), prop::collection::vec(any::<u8>(), 0..200)), 1..10,
            ),
        ) {
            let messages: Vec<_> = messages
                .into_iter()
                .map(|(is_stun, mut data)| {
                    if is_stun {
                        data.truncate(data.len() / 4 * 4);
                        stun(0x0016, &data)
                    } else {
                        channel(&data)
                    }
                })
                .collect();
            let mut bytes = Vec::new();
            for message in &messages {
                prop_assert!(frame(message, &mut bytes));
            }
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(async {
                let mut from = &bytes[..];
                for message in &messages {
                    assert_eq!(&read(&mut from).await.unwrap(), message);
                }
                assert!(read(&mut from).await.is_err());
            });
        }

        #[test]
        fn no_stream_is_too_strange(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = (is_turn(&bytes), is_allocated(&bytes), request(&bytes));
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(async {
                let mut from = &bytes[..];
                while let Ok(message) = read(&mut from).await {
                    assert!(message.len() <= bytes.len());
                }
            });
        }
    }
}
