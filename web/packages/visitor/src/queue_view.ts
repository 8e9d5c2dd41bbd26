// Waiting: the place, an honest estimate, and who the visitor is.

import { LIMITS, type QueuePlace } from "@isession/protocol";
import { button, h, tell } from "./dom";
import { clip } from "./text";
import type { Visit } from "./visit";

export function placeInWords(place: QueuePlace): string {
  const where = `You are number ${place.position} of ${place.waiting}.`;
  if (!place.available) {
    return `No agent is available right now. You can wait or leave. ${where}`;
  }
  return `${where} ${estimateInWords(place.estimate)}`;
}

function estimateInWords(seconds: number | undefined): string {
  if (seconds === undefined) {
    return "Estimated wait: unknown.";
  }
  if (seconds < 60) {
    return "Estimated wait: less than a minute.";
  }
  const minutes = Math.round(seconds / 60);
  return `Estimated wait: about ${minutes} ${minutes === 1 ? "minute" : "minutes"}.`;
}

export function queueView(visit: Visit): HTMLElement {
  const status = h("p", { role: "status", "aria-label": "Queue position", class: "place" });
  const name = field("Your name", "name", LIMITS.name, visit.details.name);
  const topic = field("Topic", "topic", LIMITS.topic, visit.details.topic);
  const describe = () =>
    visit.describe(
      clip(name.input.value.trim(), LIMITS.name),
      clip(topic.input.value.trim(), LIMITS.topic),
    );
  for (const { input } of [name, topic]) {
    input.addEventListener("change", describe);
  }
  const show = () => {
    const stage = visit.stage.get();
    if (stage.kind === "waiting") {
      tell(status, placeInWords(stage.place));
    } else if (stage.kind === "joining") {
      tell(status, "Looking for your place …");
    }
  };
  visit.stage.subscribe(show);
  show();
  return h(
    "section",
    { class: "queue", "aria-label": "Waiting" },
    status,
    h(
      "details",
      { open: !visit.details.name },
      h("summary", {}, "Tell us who you are (optional)"),
      name.label,
      topic.label,
    ),
    button("Leave the queue", () => visit.leave(), { class: "quiet" }),
  );
}

function field(label: string, autocomplete: string, max: number, value = "") {
  const input = h("input", {
    type: "text",
    autocomplete: autocomplete === "name" ? "name" : "off",
    maxlength: String(max),
    value,
  });
  return { input, label: h("label", {}, h("span", {}, label), input) };
}
