// The conversation where pages of the site take part: what was permitted, shown and visited too.

import type { Body, Location } from "@isession/protocol";
import { type Delivery, keyOf, type Line, Transcript, type Written } from "./transcript";

/** Where a tab was, and since when. */
export type Place = Location & { at: number };

export class PageTranscript extends Transcript {
  /** Where the visitor was, the latest last. */
  trail(): Place[] {
    return this.log.flatMap(({ entry: { at, body } }) => {
      if (body.type !== "location") {
        return [];
      }
      const { type: _, ...location } = body;
      return [{ ...location, at }];
    });
  }

  protected override line(
    written: Written,
    body: Body,
    state: Delivery,
    shown: ReadonlyMap<string, Line>,
  ): Line | null {
    switch (body.type) {
      case "travel":
        return { ...written, kind: "travel", travel: body.travel, state, landing: null };
      case "guide":
        return { ...written, kind: "guide", url: body.url, state, landing: null };
      case "ask":
        return { ...written, kind: "ask", permission: body.permission };
      case "release":
        return { ...written, kind: "release", permission: body.permission };
      case "grant":
        return { ...written, kind: "grant", permission: body.permission, grant: body.grant };
      case "highlight":
        return {
          ...written,
          kind: "highlight",
          view: body.view,
          node: body.node,
          found: null,
          label: "",
          why: null,
        };
      case "highlighted": {
        const line = shown.get(keyOf(body.highlight));
        if (line?.kind === "highlight") {
          const { found, label, why = null } = body;
          Object.assign(line, { found, label, why });
        }
        return null;
      }
      default:
        return super.line(written, body, state, shown);
    }
  }
}
