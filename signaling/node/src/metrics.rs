//! The operator's figures, in the Prometheus text format (OpenMetrics 1.0).

use isession_protocol::ErrorCode;
use isession_protocol::signaling::Path;
use isession_switchboard::Outcome;
use isession_turn::{Refusal, Transport, TurnCounters};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::outbox::Close;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Role {
    pub role: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct PathLabel {
    pub path: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct OutcomeLabel {
    pub outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct ReasonLabel {
    pub reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct CodeLabel {
    pub code: &'static str,
}

/// Everything that is counted.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    pub waiting: Gauge,
    pub ringing: Gauge,
    pub sessions: Gauge,
    pub session_paths: Family<PathLabel, Gauge>,
    pub accepts: Counter,
    pub ring_timeouts: Counter,
    pub visits: Family<OutcomeLabel, Counter>,
    pub wait: Histogram,
    pub sockets: Family<Role, Gauge>,
    pub refused: Family<CodeLabel, Counter>,
    pub closed: Family<ReasonLabel, Counter>,
    pub unrecorded: Counter,
}

impl Metrics {
    /// All at zero. `relay` is read at each scrape.
    pub(crate) fn new(relay: Option<TurnCounters>) -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("isession"),
            waiting: Gauge::default(),
            ringing: Gauge::default(),
            sessions: Gauge::default(),
            session_paths: Family::default(),
            accepts: Counter::default(),
            ring_timeouts: Counter::default(),
            visits: Family::default(),
            wait: Histogram::new([1.0, 5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0]),
            sockets: Family::default(),
            refused: Family::default(),
            closed: Family::default(),
            unrecorded: Counter::default(),
        };
        let r = &mut metrics.registry;
        r.register("waiting", "Visitors who wait", metrics.waiting.clone());
        r.register("ringing", "Visitors who ring", metrics.ringing.clone());
        r.register("sessions", "Sessions that go on", metrics.sessions.clone());
        let paths = metrics.session_paths.clone();
        r.register(
            "session_paths",
            "Sessions that go on, by their last reported path",
            paths,
        );
        r.register("accepts", "Visitors accepted", metrics.accepts.clone());
        let timeouts = metrics.ring_timeouts.clone();
        r.register("ring_timeouts", "Rings that an agent let pass", timeouts);
        r.register(
            "visits",
            "Visits that ended, by outcome",
            metrics.visits.clone(),
        );
        let wait = metrics.wait.clone();
        r.register_with_unit("wait", "Time from joining to accept", Unit::Seconds, wait);
        r.register("sockets", "WebSockets open", metrics.sockets.clone());
        r.register(
            "refused",
            "Refused frames and connections, by code",
            metrics.refused.clone(),
        );
        r.register(
            "closed",
            "WebSockets that the node closed, by reason",
            metrics.closed.clone(),
        );
        let unrecorded = metrics.unrecorded.clone();
        r.register(
            "unrecorded_visits",
            "Visits whose record was lost",
            unrecorded,
        );
        if let Some(counters) = relay {
            r.register_collector(Box::new(TurnCollector(counters)));
        }
        metrics
    }

    /// The whole in text form.
    pub(crate) fn encode(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)?;
        Ok(text)
    }

    /// Counts a refusal.
    pub(crate) fn refuse(&self, code: ErrorCode) {
        self.refused
            .get_or_create(&CodeLabel {
                code: code_name(code),
            })
            .inc();
    }

    /// Counts a WebSocket that is closed.
    pub(crate) fn close(&self, why: Close) {
        let reason = why.name();
        self.closed.get_or_create(&ReasonLabel { reason }).inc();
    }

    /// Counts a visit's end.
    pub(crate) fn visit(&self, outcome: Outcome) {
        self.visits
            .get_or_create(&OutcomeLabel {
                outcome: outcome.as_str(),
            })
            .inc();
    }

    /// Moves a session from one path to another in the figures.
    pub(crate) fn repath(&self, from: Option<Path>, to: Option<Path>) {
        for (path, change) in [(from, -1), (to, 1)] {
            if let Some(path) = path {
                self.session_paths
                    .get_or_create(&PathLabel {
                        path: path_name(path),
                    })
                    .inc_by(change);
            }
        }
    }
}

const fn path_name(path: Path) -> &'static str {
    match path {
        Path::Direct => "direct",
        Path::RelayedUdp => "relayed_udp",
        Path::RelayedTcp => "relayed_tcp",
        Path::RelayedTls => "relayed_tls",
        Path::Unknown => "unknown",
    }
}

const fn code_name(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::BadFrame => "bad_frame",
        ErrorCode::BadTicket => "bad_ticket",
        ErrorCode::NotFound => "not_found",
        ErrorCode::NotYours => "not_yours",
        ErrorCode::NotSignedIn => "not_signed_in",
        ErrorCode::OriginNotAllowed => "origin_not_allowed",
        ErrorCode::Overloaded => "overloaded",
        ErrorCode::Superseded => "superseded",
        ErrorCode::TooFast => "too_fast",
        ErrorCode::TooLarge => "too_large",
        ErrorCode::TooManyConnections => "too_many_connections",
        ErrorCode::UnknownSite => "unknown_site",
        ErrorCode::Unknown => "unknown",
    }
}

/// Reads the relay's own counters when asked.
struct TurnCollector(TurnCounters);

impl std::fmt::Debug for TurnCollector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TurnCollector")
    }
}

impl Collector for TurnCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let now = self.0.read();
        let help = "Allocations that the relay holds, by the transport of their clients";
        let kind = ConstGauge::new(0_i64).metric_type();
        let mut live = encoder.encode_descriptor("turn_allocations_live", help, None, kind)?;
        for transport in Transport::ALL {
            let labels = [("transport", transport.name())];
            let gauge = ConstGauge::new(i64::try_from(now.live(transport)).unwrap_or(i64::MAX));
            gauge.encode(live.encode_family(&labels)?)?;
        }
        for (name, help, value) in [
            (
                "turn_allocations",
                "Allocations that the relay made",
                now.allocations_total,
            ),
            (
                "turn_bytes_to_peers",
                "Payload relayed to peers",
                now.bytes_to_peers,
            ),
            (
                "turn_bytes_to_clients",
                "Payload relayed from peers",
                now.bytes_to_clients,
            ),
        ] {
            let counter = ConstCounter::new(value);
            let encoder = encoder.encode_descriptor(name, help, None, counter.metric_type())?;
            counter.encode(encoder)?;
        }
        let help = "What the relay refused, by reason";
        let kind = ConstCounter::new(0_u64).metric_type();
        let mut refused = encoder.encode_descriptor("turn_refused", help, None, kind)?;
        for reason in Refusal::ALL {
            let labels = [("reason", reason.name())];
            let counter = ConstCounter::new(now.refused(reason));
            counter.encode(refused.encode_family(&labels)?)?;
        }
        Ok(())
    }
}
