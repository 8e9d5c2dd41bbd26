// A visit that comes from a page of the site, for a lead out of it. Loaded only then; the class that
// it extends is given, so that nothing is loaded twice.

import type { Accepted, VisitOptions } from "@isession/visitor";
import { arrival, unseal } from "@isession/visitor/seal";
import type { WindowVisit } from "./window_visit";

export interface Arrival {
  arrive: typeof arrive;
}

/** How often it looks for a page of the site to come back to. */
const LOOK = 1000;

/** Takes up what the fragment carries, if it still carries anything. */
export function arrive(
  Base: typeof WindowVisit,
  options: VisitOptions,
  fragment: string,
): WindowVisit {
  const came = arrival(fragment);
  let sealed = came?.sealed;
  if (came) {
    options.memory.save({ ticket: came.ticket, details: {} }, false);
  }

  class ArrivedVisit extends Base {
    protected override accepted(frame: Accepted): void {
      void this.#open(frame).then(() => super.accepted(frame));
    }

    async #open({ link }: Accepted): Promise<void> {
      if (sealed) {
        try {
          const { details, transcript } = await unseal(sealed, link);
          this.details = details;
          this.transcript = this.newTranscript(transcript);
        } catch {
          // Of another session: what the agent said in this one comes again.
        }
        sealed = "";
      }
    }
  }

  const visit = new ArrivedVisit(options);
  // A page of the site takes it back.
  addEventListener("message", ({ data, origin, source }) => {
    const asked = data?.isession === "back" && data.site === options.site;
    if (asked && visit.site.page?.origins.includes(origin)) {
      const state = visit.handOver();
      source?.postMessage({ isession: "given", state }, { targetOrigin: origin });
    }
  });
  setInterval(() => {
    for (const origin of visit.isClosed ? [] : (visit.site.page?.origins ?? [])) {
      // Arrives nowhere else, wherever that window is by now.
      (window.opener as Window | null)?.postMessage(
        { isession: "here", site: options.site },
        origin,
      );
    }
  }, LOOK);
  return visit;
}
