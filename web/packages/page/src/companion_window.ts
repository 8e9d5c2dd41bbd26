// The companion's window, as pages of the site see it: they open it for a lead out of the site, and
// take the session back from it. Where an opener policy has cut the two apart, or an address that
// was typed has, they do not find each other any more.

import { COMPANION, companionAddress, type Embed } from "@isession/launcher";
import { Value } from "@isession/peer";
import type { Remembered } from "@isession/visitor";

/** A companion that is there answers sooner. */
const PATIENCE = 1000;

/** Opens it empty, or gives the one that is open; null if the browser lets nothing open. */
export const companionWindow = (): Window | null =>
  window.open("", COMPANION, "popup,width=400,height=640");

/** Has a window go where the companion takes up what the fragment carries. */
export function sendCompanion(target: Window, embed: Embed, fragment: string): void {
  const address = new URL(companionAddress(embed, ""));
  address.hash = fragment;
  target.location.replace(address);
}

/**
 * The companion that holds the visit of this site, once it is heard of: it looks for pages of the site
 * where it came from. Pages cannot look for it without opening windows.
 */
export class Companion {
  readonly #embed: Embed;
  readonly known = new Value<WindowProxy | null>(null);

  constructor(embed: Embed) {
    this.#embed = embed;
    addEventListener("message", ({ data, origin, source }) => {
      if (origin === embed.node && data?.isession === "here" && data.site === embed.site) {
        this.known.set(source as WindowProxy);
      }
    });
  }

  /** Asks it for the session; null if it is not known, or nothing is left of the session. */
  async takeBack(): Promise<Remembered | null> {
    const found = this.known.get();
    const { node, site } = this.#embed;
    if (!found) {
      return null;
    }
    return new Promise((resolve) => {
      const end = (state: Remembered | null) => {
        removeEventListener("message", hear);
        clearTimeout(timer);
        resolve(state);
      };
      const hear = ({ data, origin, source }: MessageEvent) => {
        if (origin === node && source === found && data?.isession === "given") {
          end(data.state);
        }
      };
      const timer = setTimeout(() => end(null), PATIENCE);
      addEventListener("message", hear);
      found.postMessage({ isession: "back", site }, node);
    });
  }
}
