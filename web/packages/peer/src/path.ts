// Which way the channel goes, read from the selected candidate pair (W3C webrtc-stats).

import type { Path } from "@isession/protocol";

type Stats = Record<string, unknown>;

export function pathOf(report: RTCStatsReport): Path | null {
  const all = new Map<string, Stats>();
  report.forEach((stats: Stats, id: string) => {
    all.set(id, stats);
  });
  const pair = selectedPair([...all.values()], all);
  const local = all.get(String(pair?.localCandidateId));
  const remote = all.get(String(pair?.remoteCandidateId));
  if (!local || !remote) {
    return null;
  }
  if (local.candidateType === "relay") {
    switch (local.relayProtocol) {
      case "tcp":
        return "relayed_tcp";
      case "tls":
        return "relayed_tls";
      default:
        return "relayed_udp";
    }
  }
  return remote.candidateType === "relay" ? "relayed_udp" : "direct";
}

/** Chromium names the pair at the transport; Firefox marks the pair itself. */
function selectedPair(stats: Stats[], all: Map<string, Stats>): Stats | undefined {
  const transport = stats.find((s) => s.type === "transport" && s.selectedCandidatePairId);
  if (transport) {
    return all.get(String(transport.selectedCandidatePairId));
  }
  const pairs = stats.filter((s) => s.type === "candidate-pair" && s.state === "succeeded");
  return pairs.find((s) => s.selected === true) ?? pairs.find((s) => s.nominated === true);
}
