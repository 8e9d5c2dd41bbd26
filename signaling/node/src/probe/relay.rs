//! Asking a STUN or TURN server whether the way to it is open.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use isession_protocol::signaling::IceServer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UdpSocket, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use turn_types::attribute::{Lifetime, RequestedTransport};
use turn_types::message::{ALLOCATE, REFRESH};
use turn_types::stun::attribute::{ErrorCode, Nonce, Realm, Username};
use turn_types::stun::message::{
    BINDING, IntegrityAlgorithm, LongTermKeyCredentials, Message, MessageClass, MessageType,
    MessageWriteVec, Method, TransactionId,
};
use turn_types::stun::prelude::{MessageWrite as _, MessageWriteExt as _};

use super::node::{Stream, connect};

/// Waits before a datagram is sent again (RFC 8489, section 6.2.1), and the last one.
const AGAIN: [Duration; 5] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(3),
    Duration::from_secs(3),
];
const HEADER: usize = 20;
const UDP: u8 = 17;

/// One server by one way.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Server {
    pub way: &'static str,
    host: String,
    port: u16,
    username: String,
    credential: String,
}

enum Way {
    Datagrams(UdpSocket),
    Stream(Box<dyn Stream>),
}

/// The challenge that a request answers.
struct Challenge {
    realm: String,
    nonce: String,
}

impl Server {
    /// All that the URLs (RFC 7064, RFC 7065) of an entry name and that are understood.
    pub(super) fn all(ice: &IceServer) -> impl Iterator<Item = Self> {
        ice.urls.iter().filter_map(|url| Self::parse(url, ice))
    }

    fn parse(url: &str, ice: &IceServer) -> Option<Self> {
        let (scheme, rest) = url.split_once(':')?;
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (way, default) = match (scheme, query.strip_prefix("transport=")) {
            ("stun", _) => ("stun", 3478),
            ("turn", None | Some("udp")) => ("udp", 3478),
            ("turn", Some("tcp")) => ("tcp", 3478),
            ("turns", None | Some("tcp")) => ("tls", 5349),
            _ => return None,
        };
        let bracket = place.rfind(']').unwrap_or(0);
        let (host, port) = match place.rfind(':').filter(|colon| *colon > bracket) {
            Some(colon) => (place.get(..colon)?, place.get(colon + 1..)?.parse().ok()?),
            None => (place, default),
        };
        Some(Self {
            way,
            host: host.trim_matches(['[', ']']).to_owned(),
            port,
            username: ice.username.clone().unwrap_or_default(),
            credential: ice.credential.clone().unwrap_or_default(),
        })
    }

    /// Binds, or allocates and lets go again.
    pub(super) async fn try_out(&self, tls: &TlsConnector) -> io::Result<()> {
        let tls = match self.way {
            "tcp" => None,
            "tls" => Some(tls),
            _ => return self.try_datagrams().await,
        };
        let stream = connect(&self.host, self.port, tls).await?;
        self.try_way(Way::Stream(stream)).await
    }

    async fn try_way(&self, mut way: Way) -> io::Result<()> {
        if self.way == "stun" {
            let (request, id) = self.request(BINDING, None)?;
            return way.ask(&request, id).await.map(|_| ());
        }
        let (request, id) = self.request(ALLOCATE, None)?;
        let answer = way.ask(&request, id).await?;
        let Some(challenge) = challenge(&answer) else {
            return Err(io::Error::other("it did not ask for credentials"));
        };
        let (request, id) = self.request(ALLOCATE, Some(&challenge))?;
        let answer = way.ask(&request, id).await?;
        match code(&answer) {
            None => {
                let (request, id) = self.request(REFRESH, Some(&challenge))?;
                // Left alone, it would end by itself.
                let _ = way.ask(&request, id).await;
                Ok(())
            }
            // Credentials of checks hold nowhere but at the node's own relay; it did answer.
            Some(ErrorCode::UNAUTHORIZED) => Ok(()),
            Some(code) => Err(io::Error::other(format!("it refused with {code}"))),
        }
    }

    /// Every address of the host is tried, as browsers do: that of one family may be shut.
    async fn try_datagrams(&self) -> io::Result<()> {
        let mut last = io::ErrorKind::NotFound.into();
        for to in lookup_host((self.host.as_str(), self.port)).await? {
            let tried = async { self.try_way(Way::Datagrams(socket(to).await?)).await };
            match tried.await {
                Ok(()) => return Ok(()),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// An Allocate for UDP, or a Refresh that ends one.
    fn request(
        &self,
        method: Method,
        challenge: Option<&Challenge>,
    ) -> io::Result<(Vec<u8>, TransactionId)> {
        let id = TransactionId::generate();
        let kind = MessageType::from_class_method(MessageClass::Request, method);
        let mut message = Message::builder(kind, id, MessageWriteVec::new());
        let written = match method {
            ALLOCATE => message.add_attribute(&RequestedTransport::new(UDP)),
            REFRESH => message.add_attribute(&Lifetime::new(0)),
            _ => Ok(()),
        };
        written.map_err(io::Error::other)?;
        if let Some(Challenge { realm, nonce }) = challenge {
            let user = Username::new(&self.username).map_err(io::Error::other)?;
            let realms = Realm::new(realm).map_err(io::Error::other)?;
            let nonce = Nonce::new(nonce).map_err(io::Error::other)?;
            message.add_attribute(&user).map_err(io::Error::other)?;
            message.add_attribute(&realms).map_err(io::Error::other)?;
            message.add_attribute(&nonce).map_err(io::Error::other)?;
            let key = LongTermKeyCredentials::new(
                self.username.clone(),
                self.credential.clone(),
                realm.clone(),
            );
            message
                .add_message_integrity(&key.into(), IntegrityAlgorithm::Sha1)
                .map_err(io::Error::other)?;
        }
        Ok((message.finish(), id))
    }
}

impl Way {
    async fn ask(&mut self, request: &[u8], id: TransactionId) -> io::Result<Vec<u8>> {
        match self {
            Self::Datagrams(socket) => {
                for wait in AGAIN {
                    socket.send(request).await?;
                    if let Ok(answer) = timeout(wait, receive(socket, id)).await {
                        return answer;
                    }
                }
                Err(io::Error::new(io::ErrorKind::TimedOut, "no answer"))
            }
            Self::Stream(stream) => {
                stream.write_all(request).await?;
                stream.flush().await?;
                let mut answer = vec![0; HEADER];
                stream.read_exact(&mut answer).await?;
                let length = usize::from(u16::from_be_bytes([answer[2], answer[3]]));
                answer.resize(HEADER + length, 0);
                stream.read_exact(&mut answer[HEADER..]).await?;
                if answers(&answer, id) {
                    Ok(answer)
                } else {
                    Err(io::Error::other("what answers is no TURN server"))
                }
            }
        }
    }
}

async fn socket(to: SocketAddr) -> io::Result<UdpSocket> {
    let any = match to {
        SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
        SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
    };
    let socket = UdpSocket::bind(any).await?;
    socket.connect(to).await?;
    Ok(socket)
}

/// The answer to a request; whatever else comes is passed over.
async fn receive(socket: &UdpSocket, id: TransactionId) -> io::Result<Vec<u8>> {
    let mut packet = [0; 1500];
    loop {
        let length = socket.recv(&mut packet).await?;
        if answers(&packet[..length], id) {
            return Ok(packet[..length].to_vec());
        }
    }
}

fn answers(packet: &[u8], id: TransactionId) -> bool {
    Message::from_bytes(packet)
        .is_ok_and(|message| message.is_response() && message.transaction_id() == id)
}

fn challenge(answer: &[u8]) -> Option<Challenge> {
    let message = Message::from_bytes(answer).ok()?;
    Some(Challenge {
        realm: message.attribute::<Realm>().ok()?.realm().to_owned(),
        nonce: message.attribute::<Nonce>().ok()?.nonce().to_owned(),
    })
}

/// The error that an answer is, if it is one.
fn code(answer: &[u8]) -> Option<u16> {
    let message = Message::from_bytes(answer).ok()?;
    let error = message.attribute::<ErrorCode>().ok()?;
    Some(error.code())
}
