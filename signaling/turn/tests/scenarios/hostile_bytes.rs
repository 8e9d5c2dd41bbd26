use std::time::Duration;

use isession_turn::{Effect, Input, Limits, deny::is_global};
use proptest::prelude::*;
use turn_types::stun::{attribute::RawAttribute, prelude::MessageWriteExt as _};

use crate::support::{
    lab::Lab,
    wire::{Ask, Caller, channel_data, indication},
};

/// A packet of a client that knows the protocol, so that damage to it gets far.
fn well_formed(kind: u8, caller: &Caller, signed: bool) -> Vec<u8> {
    let peer = "8.8.8.8:9".parse().unwrap();
    let stranger = Lab::caller("link");
    let caller = if signed { caller } else { &stranger };
    match kind {
        0 => caller.write(&Ask::Binding),
        1 => caller.write(&Ask::Allocate),
        2 => caller.write(&Ask::Refresh(600)),
        3 => caller.write(&Ask::permit(peer)),
        4 => caller.write(&Ask::Bind(0x4000, peer)),
        5 => caller.write(&Ask::AllocateBoth),
        6 => indication(peer, b"hello"),
        _ => channel_data(0x4000, b"hello"),
    }
}

#[derive(Clone, Debug)]
enum Damage {
    Set(prop::sample::Index, u8),
    Cut(prop::sample::Index),
    Insert(prop::sample::Index, Vec<u8>),
    /// Makes the length in the header true again.
    Mend,
}

fn damage() -> impl Strategy<Value = Damage> {
    let bytes = prop::collection::vec(any::<u8>(), 0..40);
    prop_oneof![
        4 => (any::<prop::sample::Index>(), any::<u8>()).prop_map(|(at, byte)| Damage::Set(at, byte)),
        1 => any::<prop::sample::Index>().prop_map(Damage::Cut),
        2 => (any::<prop::sample::Index>(), bytes).prop_map(|(at, more)| Damage::Insert(at, more)),
        3 => Just(Damage::Mend),
    ]
}

fn apply(packet: &mut Vec<u8>, damage: &Damage) {
    match damage {
        Damage::Set(at, byte) if !packet.is_empty() => {
            let at = at.index(packet.len());
            packet[at] = *byte;
        }
        Damage::Cut(at) => packet.truncate(at.index(packet.len() + 1)),
        Damage::Insert(at, more) => {
            let at = at.index(packet.len() + 1);
            packet.splice(at..at, more.iter().copied());
        }
        Damage::Mend if packet.len() >= 20 => {
            packet.truncate(packet.len() / 4 * 4);
            let length = u16::try_from(packet.len() - 20).unwrap();
            packet[2..4].copy_from_slice(&length.to_be_bytes());
        }
        Damage::Set(..) | Damage::Mend => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Whatever comes, from a client with or without an allocation: no panic, and nothing goes to
    /// any peer but the one that was permitted.
    #[test]
    fn damaged_packets_do_no_harm(
        packets in prop::collection::vec(
            (0u8..8, any::<bool>(), any::<bool>(), prop::collection::vec(damage(), 0..6)),
            1..8,
        ),
    ) {
        let mut lab = Lab::new(Limits::default());
        let (holder, mut caller, relay) = lab.allocated(1, "link");
        let peer = "8.8.8.8:9".parse().unwrap();
        lab.ask(holder, &mut caller, Ask::permit(peer)).unwrap();
        for (kind, signed, held, damages) in packets {
            let mut packet = well_formed(kind, &caller, signed);
            for damage in &damages {
                apply(&mut packet, damage);
            }
            let tuple = if held { holder } else { Lab::tuple(2) };
            for effect in lab.send(tuple, &packet) {
                if let Effect::ToPeer { peer: to, .. } = effect {
                    prop_assert_eq!(to.ip(), std::net::IpAddr::from([8, 8, 8, 8]));
                }
            }
            lab.step(Input::FromPeer { relay, peer, data: &packet });
        }
        lab.pass(Duration::from_secs(7200));
        prop_assert!(lab.open.is_empty());
        prop_assert_eq!(lab.metrics().allocations_live, 0);
    }

    #[test]
    fn noise_does_no_harm(packet in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut lab = Lab::new(Limits::default());
        let (holder, ..) = lab.allocated(1, "link");
        for tuple in [holder, Lab::tuple(2)] {
            for effect in lab.send(tuple, &packet) {
                prop_assert!(!matches!(effect, Effect::ToPeer { .. }), "{effect:?}");
            }
        }
    }
}

/// Every attribute that the protocol gives a meaning, and some that it does not.
const ATTRIBUTES: [u16; 20] = [
    0x0006, 0x000c, 0x000d, 0x0012, 0x0013, 0x0014, 0x0015, 0x0016, 0x0017, 0x0018, 0x0019, 0x001a,
    0x001d, 0x001e, 0x0020, 0x0022, 0x002a, 0x7fff, 0x8000, 0x8002,
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// Nonsense whose integrity is proven gets as far as anything can.
    #[test]
    fn signed_nonsense_does_no_harm(
        requests in prop::collection::vec(
            (
                1u8..6,
                any::<bool>(),
                prop::collection::vec(
                    (prop::sample::select(&ATTRIBUTES[..]), prop::collection::vec(any::<u8>(), 0..24)),
                    0..5,
                ),
            ),
            1..8,
        ),
        data in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let mut lab = Lab::new(Limits::default());
        let (holder, mut caller, relay) = lab.allocated(1, "link");
        let (stranger, mut other) = (Lab::tuple(2), Lab::caller("other"));
        lab.ask(stranger, &mut other, Ask::Refresh(600)).unwrap();
        for (kind, held, attributes) in requests {
            let (tuple, caller) =
                if held { (holder, &mut caller) } else { (stranger, &mut other) };
            let ask = match kind {
                1 => Ask::Allocate,
                2 => Ask::Refresh(600),
                3 => Ask::permit("8.8.8.8:9".parse().unwrap()),
                4 => Ask::Bind(0x4000, "8.8.8.8:9".parse().unwrap()),
                _ => Ask::AllocateBoth,
            };
            let packet = caller.write_with(&ask, |message| {
                for (kind, value) in &attributes {
                    message.add_attribute(&RawAttribute::new((*kind).into(), value)).unwrap();
                }
            });
            let reply = lab.ask_once(tuple, &packet);
            prop_assert!(reply.is_some());
            let channel = channel_data(0x4000, &data);
            for packet in [channel, indication("8.8.8.8:9".parse().unwrap(), &data)] {
                for effect in lab.send(tuple, &packet) {
                    if let Effect::ToPeer { peer, .. } = effect {
                        prop_assert!(is_global(peer.ip()), "{peer}");
                    }
                }
            }
            lab.step(Input::FromPeer { relay, peer: "8.8.8.8:9".parse().unwrap(), data: &data });
        }
        lab.pass(Duration::from_secs(7200));
        prop_assert!(lab.open.is_empty());
        prop_assert_eq!(lab.metrics().allocations_live, 0);
    }
}
