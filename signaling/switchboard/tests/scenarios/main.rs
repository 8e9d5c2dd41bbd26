//! The switchboard in virtual time: its laws over random histories, and scenarios by name.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

mod driver;
mod estimate_is_honest;
mod laws;
mod long_lists_are_cut;
mod lost_visitor_keeps_place;
mod news_floods_nobody;
mod ring_timeout_reringing;
mod sessions_outlive_connections;
mod two_agents_accept;
