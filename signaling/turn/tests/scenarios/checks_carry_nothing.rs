//! Whoever only checks the way here gets an allocation, and nothing is relayed for it.

use std::time::Duration;

use isession_turn::{CHECK, Limits};

use crate::support::{
    PAST,
    lab::Lab,
    secret,
    wire::{Ask, Caller, channel_data, indication},
};

#[test]
fn an_allocation_and_no_peer() {
    let mut lab = Lab::new(Limits::default());
    let tuple = Lab::tuple(1);
    let peer = "8.8.8.8:9".parse().unwrap();
    let mut caller = Caller::new(secret().mint(&format!("{CHECK}1"), PAST + 60));
    let reply = lab.ask(tuple, &mut caller, Ask::Allocate).unwrap();
    assert!(reply.relay.is_some());
    for ask in [Ask::permit(peer), Ask::Bind(0x4000, peer)] {
        let reply = lab.ask(tuple, &mut caller, ask).unwrap();
        assert_eq!(reply.code, Some(403));
    }
    assert_eq!(lab.send(tuple, &indication(peer, b"hello")), []);
    assert_eq!(lab.send(tuple, &channel_data(0x4000, b"hello")), []);
    let reply = lab.ask(tuple, &mut caller, Ask::Refresh(600)).unwrap();
    assert_eq!(reply.code, None);

    lab.pass(Duration::from_secs(61));
    let reply = lab.ask(tuple, &mut caller, Ask::Refresh(600)).unwrap();
    assert_eq!(reply.code, Some(403), "it is not kept beyond its time");
}
