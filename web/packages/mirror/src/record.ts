// The visitor's page, as the agent may see it. Loaded only once the visitor has agreed.

import type { Glance, PagePolicy } from "@isession/protocol";
import { record } from "@rrweb/record";
import { MASK } from "./events";
import { labelOf, textOf } from "./label";
import { Masker } from "./mask";
import type { Outlet } from "./outlet";
import { pack } from "./pack";
import { Sender } from "./sender";
import { isField, Veil, Veils } from "./veil";
import { watchPointer } from "./watch";

export type { Outlet } from "./outlet";

export interface RecordOptions {
  window: Window & typeof globalThis;
  policy: PagePolicy;
  /** Names this life of the page: its nodes keep their numbers over all of its mirrors. */
  view: string;
  /** A session's `bulk` is one. */
  outlet: Outlet;
  /** Where pointer and scroll are told, at the rate of the screen. */
  glance(glance: Glance): void;
  /** Selects our own elements in the page, which are no part of it. */
  ours: string;
}

export interface Recording {
  /** The element of the page that the mirror has under this number. */
  element(node: number): Element | null;
  /** What people call it, as far as the agent may know. */
  label(element: Element): string;
  stop(): void;
}

/** Snapshots are taken no more often than this, in milliseconds. */
const REFRESH = 1000;

/** Begins to mirror. There is one mirror in a page. */
export function startMirror(options: RecordOptions): Recording {
  const { window, policy, view, outlet } = options;
  const { document } = window;
  const veils = new Veils(policy.unmask, options.ours, document);
  let running = true;
  let refreshing = false;
  let refreshed = 0;
  const refresh = (): void => {
    if (running && !refreshing) {
      refreshing = true;
      // Not from inside of what rrweb is doing just now; and a page that asks for it all the time
      // must not be slowed down by it.
      const wait = Math.max(0, refreshed + REFRESH - Date.now());
      window.setTimeout(() => {
        refreshing = false;
        refreshed = Date.now();
        if (running) {
          try {
            record.takeFullSnapshot();
          } catch {
            // Nothing left the page; the agent sees what was, and may ask again.
          }
        }
      }, wait);
    }
  };
  const node = (id: number): Node | null => record.mirror.getNode(id);
  const masker = new Masker({ policy, veils, page: document, node, onStale: refresh });
  const after = (ms: number, run: () => void) => {
    const timer = window.setTimeout(run, ms);
    return () => window.clearTimeout(timer);
  };
  const sender = new Sender({ view, outlet, pack, after, onStale: refresh });
  const stop = record({
    emit: (event) => {
      if (running) {
        const seen = masker.clean(event);
        if (seen) {
          sender.add(seen);
        }
      }
    },
    // What fails in here must neither break the page nor let anything out.
    errorHandler: () => {
      refresh();
      return true;
    },
    recordAfter: "DOMContentLoaded",
    inlineStylesheet: false,
    slimDOMOptions: "all",
    blockSelector: `[data-isession-block], ${options.ours}`,
    blockClass: "isession-block",
    ignoreClass: "isession-ignore",
    maskTextClass: "isession-mask",
    maskAllInputs: true,
    maskInputFn: (value, element) => (veils.showsValue(element) ? value : value && MASK),
    sampling: { mousemove: false, mouseInteraction: false, scroll: 100, media: 1e9 },
  });
  const endPointer = watchPointer({
    window,
    tell: options.glance,
    mayShow(target) {
      veils.forget();
      return veils.of(target) === Veil.Shown;
    },
  });
  return {
    element(id) {
      const found = node(id);
      return found?.nodeType === 1 && found.isConnected ? (found as Element) : null;
    },
    label(element) {
      veils.forget();
      return labelOf(element, {
        text: (element) =>
          textOf(element, (text) => (veils.around(text) === Veil.Shown ? text.data : "")),
        shows: (element) =>
          isField(element) ? veils.showsValue(element) : veils.of(element) === Veil.Shown,
      });
    },
    stop() {
      running = false;
      endPointer();
      sender.close();
      stop?.();
    },
  };
}
