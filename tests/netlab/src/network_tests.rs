use super::*;

const MS: Duration = Duration::from_millis(1);

/// An IPv4 packet to a leg, with a number to know it by.
fn packet(to: Leg, number: u8) -> Vec<u8> {
    let mut packet = vec![0; 1000];
    packet[0] = 0x45;
    packet[16..20].copy_from_slice(&[11, to.block(), 0, 1]);
    packet[20] = number;
    packet
}

/// All that comes out, with the milliseconds when it does.
fn run(network: &mut Network) -> Vec<(u128, Leg, u8)> {
    let mut out = Vec::new();
    while let Some(now) = network.next_deadline() {
        while let Some((leg, packet)) = network.release(now) {
            out.push((now.as_millis(), leg, packet[20]));
        }
    }
    out
}

fn both_ways(network: &mut Network, leg: Leg, conditions: Conditions) {
    for way in Way::ALL {
        network.shape(leg, way, conditions);
    }
}

#[test]
fn every_leg_on_the_way_adds_its_delay() {
    let mut network = Network::new(1);
    let delay = Conditions {
        delay_ms: 25,
        ..Conditions::default()
    };
    both_ways(&mut network, Leg::Visitor, delay);
    both_ways(&mut network, Leg::Agent, delay);
    network.accept(100 * MS, Leg::Visitor, packet(Leg::Cloud, 1));
    network.accept(100 * MS, Leg::Visitor, packet(Leg::Agent, 2));
    network.accept(100 * MS, Leg::Cloud, packet(Leg::Agent, 3));
    assert_eq!(network.release(124 * MS), None);
    let out = run(&mut network);
    assert_eq!(
        out,
        [
            (125, Leg::Agent, 3),
            (125, Leg::Cloud, 1),
            (150, Leg::Agent, 2)
        ]
    );
}

#[test]
fn a_late_look_does_not_add_to_the_delay() {
    let mut network = Network::new(1);
    let delay = Conditions {
        delay_ms: 10,
        ..Conditions::default()
    };
    both_ways(&mut network, Leg::Visitor, delay);
    both_ways(&mut network, Leg::Agent, delay);
    network.accept(Duration::ZERO, Leg::Visitor, packet(Leg::Agent, 1));
    assert_eq!(network.release(19 * MS), None);
    assert_eq!(network.next_deadline(), Some(20 * MS));
}

#[test]
fn jitter_keeps_the_order_and_its_bounds() {
    let mut network = Network::new(7);
    let conditions = Conditions {
        delay_ms: 10,
        jitter_ms: 20,
        ..Conditions::default()
    };
    network.shape(Leg::Visitor, Way::Up, conditions);
    for number in 0..100 {
        let now = u32::from(number) * MS;
        network.accept(now, Leg::Visitor, packet(Leg::Cloud, number));
    }
    let out = run(&mut network);
    let held: Vec<_> = out.iter().map(|(at, _, n)| at - u128::from(*n)).collect();
    assert!(out.is_sorted_by_key(|(_, _, number)| *number));
    assert!(held.iter().all(|held| (10..=30).contains(held)), "{held:?}");
    assert!(held.iter().any(|ms| *ms < 20) && held.iter().any(|ms| *ms > 20));
}

#[test]
fn reordered_packets_are_overtaken_and_none_is_lost() {
    let mut network = Network::new(3);
    let conditions = Conditions {
        reorder: 0.3,
        ..Conditions::default()
    };
    network.shape(Leg::Visitor, Way::Up, conditions);
    for number in 0..100 {
        let now = u32::from(number) * MS;
        network.accept(now, Leg::Visitor, packet(Leg::Cloud, number));
    }
    let mut numbers: Vec<_> = run(&mut network).iter().map(|(_, _, n)| *n).collect();
    assert!(!numbers.is_sorted());
    numbers.sort_unstable();
    assert_eq!(numbers, (0..100).collect::<Vec<_>>());
}

#[test]
fn loss_takes_its_share_and_the_seed_decides_which() {
    let lose = |seed| {
        let mut network = Network::new(seed);
        let conditions = Conditions {
            loss: 0.25,
            ..Conditions::default()
        };
        network.shape(Leg::Agent, Way::Down, conditions);
        for number in 0..4000_u32 {
            let number = u8::try_from(number % 256).unwrap();
            network.accept(Duration::ZERO, Leg::Cloud, packet(Leg::Agent, number));
        }
        let out = run(&mut network);
        let counts = network.counts(Leg::Agent, Way::Down);
        assert_eq!(counts.lost + counts.passed, 4000);
        assert_eq!(counts.passed, out.len() as u64);
        out
    };
    let lost = 4000 - lose(1).len();
    assert!((900..1100).contains(&lost), "{lost}");
    assert_eq!(lose(1), lose(1));
    assert_ne!(lose(1), lose(2));
}

#[test]
fn a_blackhole_swallows_one_way_only() {
    let mut network = Network::new(1);
    let conditions = Conditions {
        blackhole: true,
        ..Conditions::default()
    };
    network.shape(Leg::Visitor, Way::Up, conditions);
    network.accept(Duration::ZERO, Leg::Visitor, packet(Leg::Agent, 1));
    network.accept(Duration::ZERO, Leg::Agent, packet(Leg::Visitor, 2));
    assert_eq!(run(&mut network), [(0, Leg::Visitor, 2)]);
    assert_eq!(network.counts(Leg::Visitor, Way::Up).swallowed, 1);
}

#[test]
fn a_cut_keeps_two_apart_and_leaves_the_third() {
    let mut network = Network::new(1);
    network.cut(Leg::Visitor, Leg::Agent, true);
    network.accept(Duration::ZERO, Leg::Visitor, packet(Leg::Agent, 1));
    network.accept(Duration::ZERO, Leg::Visitor, packet(Leg::Cloud, 2));
    network.accept(Duration::ZERO, Leg::Agent, packet(Leg::Visitor, 3));
    let out = run(&mut network);
    assert_eq!(out, [(0, Leg::Cloud, 2), (0, Leg::Visitor, 3)]);
    network.cut(Leg::Visitor, Leg::Agent, false);
    network.accept(Duration::ZERO, Leg::Visitor, packet(Leg::Agent, 4));
    assert_eq!(run(&mut network), [(0, Leg::Agent, 4)]);
}

#[test]
fn a_rate_spreads_a_burst() {
    let mut network = Network::new(1);
    let conditions = Conditions {
        bytes_per_second: Some(100_000),
        ..Conditions::default()
    };
    network.shape(Leg::Visitor, Way::Up, conditions);
    for number in 0..3 {
        network.accept(Duration::ZERO, Leg::Visitor, packet(Leg::Cloud, number));
    }
    let times: Vec<_> = run(&mut network).iter().map(|(at, ..)| *at).collect();
    assert_eq!(times, [10, 20, 30]);
}

#[test]
fn a_full_way_drops_the_newest() {
    let mut network = Network::new(1);
    let conditions = Conditions {
        delay_ms: 1000,
        ..Conditions::default()
    };
    network.shape(Leg::Visitor, Way::Up, conditions);
    for _ in 0..HELD + 5 {
        network.accept(Duration::ZERO, Leg::Visitor, packet(Leg::Cloud, 0));
    }
    assert_eq!(run(&mut network).len(), HELD);
    assert_eq!(network.counts(Leg::Visitor, Way::Up).full, 5);
    network.accept(2000 * MS, Leg::Visitor, packet(Leg::Cloud, 9));
    assert_eq!(run(&mut network), [(3000, Leg::Cloud, 9)]);
}

#[test]
fn packets_to_nowhere_are_forgotten() {
    let mut network = Network::new(1);
    let mut elsewhere = packet(Leg::Agent, 1);
    elsewhere[16] = 192;
    for packet in [elsewhere, vec![0x60; 60], vec![0x45; 4], Vec::new()] {
        network.accept(Duration::ZERO, Leg::Visitor, packet);
    }
    assert_eq!(network.next_deadline(), None);
}
