use turn_types::{
    attribute::ChannelNumber,
    stun::{
        message::{Message, TransactionId},
        prelude::MessageWriteExt as _,
    },
};

use crate::support::{
    net::{Client, config},
    wire::{Ask, Incoming},
};
use isession_turn::TurnServer;

#[tokio::test]
async fn a_client_learns_the_address_it_is_seen_at() {
    let server = TurnServer::bind(config()).unwrap();
    let mut client = Client::new(&server, "link").await;
    let request = client.caller.write(&Ask::Binding);
    client.send(&request).await;
    let reply = client.receive().await.into_reply();
    assert_eq!(reply.mapped, client.socket.local_addr().ok());
    assert_eq!(reply.transaction, transaction(&request));
    assert_eq!(client.ask(Ask::Binding).await.code, None);
    server.shutdown().await;
}

#[tokio::test]
async fn an_attribute_nobody_understands_is_named() {
    let server = TurnServer::bind(config()).unwrap();
    let client = Client::new(&server, "link").await;
    let odd = client.caller.write_with(&Ask::Binding, |message| {
        message.add_attribute(&ChannelNumber::new(0x4000)).unwrap();
    });
    client.send(&odd).await;
    let Incoming::Reply(reply) = client.receive().await else {
        panic!("no reply")
    };
    assert_eq!(reply.code, Some(420));
    server.shutdown().await;
}

fn transaction(request: &[u8]) -> TransactionId {
    Message::from_bytes(request).unwrap().transaction_id()
}
