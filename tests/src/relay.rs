//! A TURN client that asks for an allocation and never lets go of it.

use isession_protocol::signaling::IceServer;
use tokio::net::UdpSocket;
use turn_types::attribute::RequestedTransport;
use turn_types::message::ALLOCATE;
use turn_types::stun::attribute::{ErrorCode, Nonce, Realm, Username};
use turn_types::stun::message::{
    IntegrityAlgorithm, LongTermKeyCredentials, Message, MessageClass, MessageType,
    MessageWriteVec, TransactionId,
};
use turn_types::stun::prelude::{MessageWrite as _, MessageWriteExt as _};

/// Where the transport protocol's number is UDP's.
const UDP: u8 = 17;

/// Asks the relay of a link for an allocation, from a socket of its own; gives back the error that
/// it was refused with.
pub async fn allocate(ice: &[IceServer]) -> Result<(), u16> {
    let relay = ice.last().expect("a relay");
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a socket");
    let address = relay.urls[0]
        .strip_prefix("turn:")
        .and_then(|url| url.split('?').next());
    let address = address.expect("a relay over UDP");
    socket.connect(address).await.expect("the relay's address");
    let challenge = ask(&socket, relay, None).await;
    let answer = ask(&socket, relay, Some(&challenge)).await;
    let answer = Message::from_bytes(&answer).expect("an answer");
    match answer.attribute::<ErrorCode>() {
        Ok(error) => Err(error.code()),
        Err(_) => Ok(()),
    }
}

async fn ask(socket: &UdpSocket, relay: &IceServer, challenge: Option<&[u8]>) -> Vec<u8> {
    let request = request(relay, challenge).expect("a request");
    socket.send(&request).await.expect("the relay listens");
    let mut answer = vec![0; 1500];
    let length = socket.recv(&mut answer).await.expect("the relay answers");
    answer.truncate(length);
    answer
}

fn request(
    relay: &IceServer,
    challenge: Option<&[u8]>,
) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let kind = MessageType::from_class_method(MessageClass::Request, ALLOCATE);
    let mut message = Message::builder(kind, TransactionId::generate(), MessageWriteVec::new());
    message.add_attribute(&RequestedTransport::new(UDP))?;
    if let Some(challenge) = challenge {
        let challenge = Message::from_bytes(challenge)?;
        let realm = challenge.attribute::<Realm>()?;
        let name = relay.username.clone().unwrap_or_default();
        let password = relay.credential.clone().unwrap_or_default();
        message.add_attribute(&Username::new(&name)?)?;
        message.add_attribute(&realm)?;
        message.add_attribute(&challenge.attribute::<Nonce>()?)?;
        let key = LongTermKeyCredentials::new(name, password, realm.realm().to_owned());
        message.add_message_integrity(&key.into(), IntegrityAlgorithm::Sha1)?;
    }
    Ok(message.finish())
}
