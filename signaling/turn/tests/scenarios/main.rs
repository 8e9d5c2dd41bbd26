//! One file per thing that is proven.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends where its expectation does, in its helpers too"
)]

mod support;
#[expect(
    dead_code,
    unreachable_pub,
    reason = "the end-to-end tests have it as well, and need more of it"
)]
#[path = "../../../../tests/src/turnserver.rs"]
mod turnserver;

mod allocations_end;
mod binding_tells_the_address;
mod checks_carry_nothing;
mod conformance;
mod coturn_client_passes;
mod crate_faults_stay_inside;
mod credentials_are_checked;
mod data_is_relayed;
mod floods_are_bounded;
mod hostile_bytes;
mod links_end;
mod ports_are_kept_in_range;
mod private_peers_are_refused;
mod quotas_hold;
mod relays_meet;
mod rings_stay_inside;
mod streams_are_served;
