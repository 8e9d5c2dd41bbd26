//! Datagrams in batches: many for one system call, and many for one lock of the server's state.

use std::{
    array,
    io::{self, ErrorKind, IoSliceMut},
    net::SocketAddr,
    sync::Arc,
};

use quinn_udp::{BATCH_SIZE, RecvMeta, Transmit, UdpSocketState};
use socket2::SockRef;
use tokio::{io::Interest, net::UdpSocket};

/// Longer datagrams are dropped. WebRTC keeps below 1500 bytes; this leaves room for others.
const MAX_PACKET: usize = 8 * 1024;
/// One byte more tells what is too long.
const SLOT: usize = MAX_PACKET + 1;

/// Datagrams longer than this are sent one by one: the kernel cuts a run of datagrams up only if
/// each of them fits the way it takes, and this fits nearly every way.
const MAX_SEGMENT: usize = 1232;
/// The most that one datagram holds over IPv4, and so a run of them.
const MAX_RUN: usize = 65_507;

/// What the kernel can do at once on this machine.
pub(crate) struct Offload(UdpSocketState);

impl Offload {
    /// Asks on a socket of its own: finding out forbids fragments on the socket that is asked,
    /// and what a relay sends is not the relay's to forbid.
    pub(crate) fn find(address: SocketAddr) -> io::Result<Self> {
        let probe = std::net::UdpSocket::bind(SocketAddr::new(address.ip(), 0))?;
        UdpSocketState::new((&probe).into()).map(Self)
    }
}

/// A datagram to send.
pub(crate) struct Datagram {
    pub(crate) socket: Arc<UdpSocket>,
    pub(crate) to: SocketAddr,
    pub(crate) data: Vec<u8>,
}

impl Datagram {
    fn is_beside(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.socket, &other.socket) && self.to == other.to
    }
}

/// Where received datagrams are put.
pub(crate) struct Inbox {
    slots: Vec<u8>,
    metas: [RecvMeta; BATCH_SIZE],
    count: usize,
}

impl Inbox {
    pub(crate) fn new() -> Self {
        Self {
            slots: vec![0; BATCH_SIZE * SLOT],
            metas: [RecvMeta::default(); BATCH_SIZE],
            count: 0,
        }
    }

    /// Takes what waits in a socket, a batch at most; `true` if there may be more.
    pub(crate) fn fill(&mut self, socket: &UdpSocket, offload: &Offload) -> bool {
        self.count = 0;
        let taken = socket.try_io(Interest::READABLE, || {
            let mut slots = self.slots.chunks_exact_mut(SLOT);
            let mut slots: [_; BATCH_SIZE] =
                array::from_fn(|_| IoSliceMut::new(slots.next().unwrap_or_default()));
            self.count = offload.0.recv(socket.into(), &mut slots, &mut self.metas)?;
            // Fewer than there was room for are all there were. Saying so spares a call that
            // would say nothing else.
            if self.count < BATCH_SIZE {
                return Err(ErrorKind::WouldBlock.into());
            }
            Ok(())
        });
        // Any other error is the echo of an earlier datagram that could not be delivered.
        !taken.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    }

    /// What was taken, and where it is from.
    pub(crate) fn datagrams(&self) -> impl Iterator<Item = (SocketAddr, &[u8])> {
        self.slots
            .chunks_exact(SLOT)
            .zip(&self.metas[..self.count])
            .filter(|(_, meta)| meta.len <= MAX_PACKET)
            .map(|(slot, meta)| (meta.addr, &slot[..meta.len]))
    }
}

/// Sends all datagrams; those that go the same way go in the order they are in. Straight to the
/// kernel: a fresh socket is writable before tokio has learned it. What the kernel does not take
/// is lost, as datagrams may be.
pub(crate) fn send(mut datagrams: Vec<Datagram>, offload: &Offload) {
    if datagrams.len() > 1 {
        datagrams.sort_by_key(|datagram| (Arc::as_ptr(&datagram.socket), datagram.to));
    }
    let mut rest = &datagrams[..];
    while let Some(first) = rest.first() {
        let (run, others) = rest.split_at(run(rest, offload.0.max_gso_segments()));
        rest = others;
        if run.len() > 1 && send_run(first, run, offload).is_ok() {
            continue;
        }
        for Datagram { socket, to, data } in run {
            let _ = SockRef::from(&**socket).send_to(data, &(*to).into());
        }
    }
}

/// How many of these datagrams can be sent as one: those of the first one's way and length, and
/// a shorter one at the end.
fn run(datagrams: &[Datagram], most: usize) -> usize {
    let Some((first, others)) = datagrams.split_first() else {
        return 0;
    };
    let segment = first.data.len();
    if segment == 0 || segment > MAX_SEGMENT {
        return 1;
    }
    let most = most.min(MAX_RUN / segment);
    let mut count = 1;
    for other in others {
        let length = other.data.len();
        if count >= most || !first.is_beside(other) || length == 0 || length > segment {
            break;
        }
        count += 1;
        if length < segment {
            break;
        }
    }
    count
}

fn send_run(first: &Datagram, run: &[Datagram], offload: &Offload) -> io::Result<()> {
    let contents: Vec<u8> = run.iter().flat_map(|it| &it.data).copied().collect();
    let transmit = Transmit {
        destination: first.to,
        ecn: None,
        contents: &contents,
        segment_size: Some(first.data.len()),
        src_ip: None,
    };
    match offload.0.try_send((&*first.socket).into(), &transmit) {
        // There is no room for any of it, so one by one would lose the same.
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
        sent => sent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_run_goes_one_way_in_one_length_but_for_its_end() {
        let open = || UdpSocket::bind("127.0.0.1:0");
        let sockets = [
            Arc::new(open().await.unwrap()),
            Arc::new(open().await.unwrap()),
        ];
        let datagram = |socket: usize, port: u16, length: usize| Datagram {
            socket: Arc::clone(&sockets[socket]),
            to: SocketAddr::from(([127, 0, 0, 1], port)),
            data: vec![0; length],
        };
        let lengths = |lengths: &[usize]| -> Vec<Datagram> {
            lengths
                .iter()
                .map(|length| datagram(0, 1, *length))
                .collect()
        };
        for (lengths, most, expected) in [
            (&[][..], 64, 0),
            (&[9], 64, 1),
            (&[9, 9, 9], 64, 3),
            (&[9, 9, 9], 2, 2),
            (&[9, 9, 9], 1, 1),
            (&[9, 9, 5, 9], 64, 3),
            (&[9, 10], 64, 1),
            (&[9, 0], 64, 1),
            (&[0, 0], 64, 1),
            (&[MAX_SEGMENT + 1, MAX_SEGMENT + 1], 64, 1),
        ]
        .map(|(given, most, expected)| (lengths(given), most, expected))
        {
            assert_eq!(run(&lengths, most), expected);
        }
        let whole = lengths(&[MAX_SEGMENT; 64]);
        assert_eq!(run(&whole, 64), MAX_RUN / MAX_SEGMENT);
        assert_eq!(run(&[datagram(0, 1, 9), datagram(0, 2, 9)], 64), 1);
        assert_eq!(run(&[datagram(0, 1, 9), datagram(1, 1, 9)], 64), 1);
    }
}
