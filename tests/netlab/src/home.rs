//! A machine in a network of its own, behind that network's router.

use serde::Serialize;
use tun_rs::SyncDevice;

use crate::LabError;
use crate::namespaces::Namespace;
use crate::nat::Nat;
use crate::network::Leg;

/// Where a machine is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// For `ip netns exec`.
    pub namespace: String,
    /// What the machine itself has.
    pub address: String,
    /// What the internet sees, unless the machine's own address is public.
    pub public: String,
}

/// A visitor's or an agent's network.
#[derive(Debug)]
pub(crate) struct Home {
    leg: Leg,
    router: Namespace,
    machine: Namespace,
    nat: Nat,
    /// How often it has moved.
    moves: u8,
}

/// The addresses of a home with this NAT after so many moves: inner network, machine, router.
fn addresses(leg: Leg, nat: Nat, moves: u8) -> (String, u8, String) {
    let block = leg.block();
    let inner = match nat {
        Nat::None => format!("11.{block}.1"),
        _ => format!("192.168.{block}"),
    };
    (inner, 2 + moves, format!("11.{block}.0.{}", 1 + moves))
}

impl Home {
    /// A home without NAT, and the device that ties it to the internet.
    pub(crate) fn make(
        leg: Leg,
        machine: &str,
        router: &str,
    ) -> Result<(Self, SyncDevice), LabError> {
        let router = Namespace::make(router)?;
        let machine = Namespace::make(machine)?;
        let wan = router.wan()?;
        router.forward()?;
        let peer = machine.name();
        router.ip(&format!(
            "link add lan type veth peer name eth0 netns {peer}\nlink set lan up\nlink set wan up"
        ))?;
        machine.ip("link set eth0 up")?;
        let home = Self {
            leg,
            router,
            machine,
            nat: Nat::None,
            moves: 0,
        };
        home.settle()?;
        Ok((home, wan))
    }

    pub(crate) fn place(&self) -> Place {
        let (inner, machine, public) = addresses(self.leg, self.nat, self.moves);
        Place {
            namespace: self.machine.name().to_owned(),
            address: format!("{inner}.{machine}"),
            public,
        }
    }

    /// Another kind of NAT. Flows that were translated before stay as they are, unless the
    /// machine's address changes with it.
    pub(crate) fn set_nat(&mut self, nat: Nat) -> Result<(), LabError> {
        let readdress = (nat == Nat::None) != (self.nat == Nat::None);
        self.router.filter(nat)?;
        self.nat = nat;
        if readdress { self.settle() } else { Ok(()) }
    }

    /// The machine leaves its network and turns up in another one of the same kind.
    pub(crate) fn relocate(&mut self) -> Result<(), LabError> {
        self.moves = (self.moves + 1) % 200;
        self.settle()
    }

    /// Takes the old addresses away, which ends what the router had translated, and gives new.
    fn settle(&self) -> Result<(), LabError> {
        let (inner, machine, public) = addresses(self.leg, self.nat, self.moves);
        self.machine.ip("addr flush dev eth0")?;
        self.router.ip(&format!(
            "addr flush dev wan\naddr flush dev lan\n\
             addr add {public}/32 dev wan\naddr add {inner}.1/24 dev lan\n\
             route replace default dev wan"
        ))?;
        self.machine.ip(&format!(
            "addr add {inner}.{machine}/24 dev eth0\nroute replace default via {inner}.1"
        ))
    }
}
