//! A cloud and two homes, tied together by a network that can be told how bad it is.

use serde::Serialize;

use crate::LabError;
use crate::home::{Home, Place};
use crate::namespaces::{self, Namespace};
use crate::nat::Nat;
use crate::network::{Conditions, Counts, Leg, Network, Way};
use crate::router::Router;

/// The node's address and the relay's: a network that only lets port 443 out must find both there.
const CLOUD: [&str; 2] = ["11.1.0.1", "11.1.0.2"];

/// The places of a lab, as they are now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Places {
    pub cloud: Cloud,
    pub visitor: Place,
    pub agent: Place,
}

/// Where the node runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cloud {
    pub namespace: String,
    pub addresses: [&'static str; 2],
}

/// A running laboratory. Dropped, it takes everything away that it made, and ends what runs there.
#[derive(Debug)]
pub struct Lab {
    // Before the namespaces, whose devices it holds.
    router: Router,
    visitor: Home,
    agent: Home,
    cloud: Namespace,
}

impl Lab {
    /// Makes the namespaces, without NAT and without delay. Needs root.
    pub fn open(seed: u64) -> Result<Self, LabError> {
        namespaces::sweep();
        let cloud = Namespace::make("cloud")?;
        let cloud_wan = cloud.wan()?;
        let [node, relay] = CLOUD;
        cloud.ip(&format!(
            "addr add {node}/32 dev wan\naddr add {relay}/32 dev wan\n\
             link set wan up\nroute add default dev wan"
        ))?;
        let (visitor, visitor_wan) = Home::make(Leg::Visitor, "visitor", "natv")?;
        let (agent, agent_wan) = Home::make(Leg::Agent, "agent", "nata")?;
        let devices = [cloud_wan, visitor_wan, agent_wan];
        let router = Router::start(Network::new(seed), devices).map_err(LabError::Router)?;
        Ok(Self {
            router,
            visitor,
            agent,
            cloud,
        })
    }

    pub fn places(&self) -> Places {
        Places {
            cloud: Cloud {
                namespace: self.cloud.name().to_owned(),
                addresses: CLOUD,
            },
            visitor: self.visitor.place(),
            agent: self.agent.place(),
        }
    }

    /// Changes what one way of a leg does to packets that come from now on.
    pub fn shape(&self, leg: Leg, way: Way, conditions: Conditions) {
        self.router.network().shape(leg, way, conditions);
    }

    /// Lets nothing pass from one leg to another, or everything again.
    pub fn cut(&self, from: Leg, to: Leg, cut: bool) {
        self.router.network().cut(from, to, cut);
    }

    /// What became of the packets on one way of a leg.
    pub fn counts(&self, leg: Leg, way: Way) -> Counts {
        self.router.network().counts(leg, way)
    }

    /// Puts a home behind another kind of NAT.
    pub fn set_nat(&mut self, leg: Leg, nat: Nat) -> Result<(), LabError> {
        self.home(leg)?.set_nat(nat)
    }

    /// Gives a home new addresses, inside and outside.
    pub fn relocate(&mut self, leg: Leg) -> Result<(), LabError> {
        self.home(leg)?.relocate()
    }

    const fn home(&mut self, leg: Leg) -> Result<&mut Home, LabError> {
        match leg {
            Leg::Cloud => Err(LabError::Cloud),
            Leg::Visitor => Ok(&mut self.visitor),
            Leg::Agent => Ok(&mut self.agent),
        }
    }
}
