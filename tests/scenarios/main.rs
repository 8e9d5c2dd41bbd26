//! End to end: the real node and SDK peers, each file a scenario.

mod journey;
mod queue_survives_node_restart;
mod relay_only;
mod ring_timeout_reringing;
mod two_agents_accept;
