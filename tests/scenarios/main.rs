//! End to end: the real node and SDK peers, each file a scenario.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

mod bad_frames_get_typed_errors;
mod bulk_never_delays_talk;
mod certificate_is_renewed;
mod check_from_a_shell;
mod ends_reach_the_node;
mod ends_reach_the_other_side;
mod journey;
mod late_readers_hear_all;
mod no_personal_data_in_logs;
mod one_port_serves_all;
mod origin_is_checked;
mod own_authority;
mod queue_survives_node_restart;
mod refusals_end_or_pass;
mod relay_only;
mod relay_transports;
mod relays_end_with_their_link;
mod ring_timeout_reringing;
mod rings_let_the_two_connect;
mod signed_out_agents_are_let_go;
mod silence_holds_up_nobody;
mod turn_denies_private_peers;
mod turn_quota;
mod two_agents_accept;
mod visitors_follow;
