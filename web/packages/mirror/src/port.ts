// What the console and the frame that shows the mirror tell each other. The frame shows what
// strangers sent, so the console takes its word as a stranger's.

import type { Point } from "@isession/protocol";

/** From the console into the frame. Messages of `bulk` go as they came, in an `ArrayBuffer`. */
export type ToFrame =
  | ArrayBuffer
  | { type: "reset" }
  | { type: "pointer"; n: number; at: Point | null }
  | { type: "scroll"; n: number; at: Point }
  | { type: "click"; at: Point }
  /** Frames what the agent points at, for so long; null: nothing any more. */
  | { type: "frame"; node: number | null; stays: number }
  | { type: "hit"; n: number; at: Point };

/** Where the page is in the frame: what turns the console's pixels into the page's. */
export interface Placing {
  /** The visitor's viewport, in CSS pixels of the page. */
  width: number;
  height: number;
  /** Pixels of the frame for each pixel of the page. */
  scale: number;
  /** How far the page is scrolled. */
  scroll: Point;
}

export interface Hit {
  node: number;
  /** What the agent may call it: "button: Add to basket". */
  label: string;
  /** Where it leads to. */
  href: string | null;
}

export type FromFrame =
  | { type: "ready" }
  /** So many bytes of messages were taken. */
  | { type: "took"; bytes: number }
  | { type: "placed"; placing: Placing }
  /** A page is shown; its life has this name, and its address is this. */
  | { type: "shown"; view: string; href: string }
  /** What came is no mirror: nothing is shown until it begins anew. */
  | { type: "broken" }
  | { type: "hit"; n: number; hit: Hit | null };

export function readFromFrame(value: unknown): FromFrame | null {
  const message = fields(value);
  switch (message?.type) {
    case "ready":
    case "broken":
      return { type: message.type };
    case "took":
      return isNumber(message.bytes) ? { type: "took", bytes: message.bytes } : null;
    case "placed": {
      const { width, height, scale, scroll } = fields(message.placing) ?? {};
      const at = point(scroll);
      return isSize(width) && isSize(height) && isNumber(scale) && scale > 0 && at
        ? { type: "placed", placing: { width, height, scale, scroll: at } }
        : null;
    }
    case "shown": {
      const { view, href } = message;
      return isText(view, 32) && isText(href, 8192) ? { type: "shown", view, href } : null;
    }
    case "hit": {
      if (!isNumber(message.n)) {
        return null;
      }
      const { node, label, href } = fields(message.hit) ?? {};
      const known = isNumber(node) && Number.isInteger(node) && isText(label, 200);
      const link = isText(href, 8192) && /^https?:/.test(href) ? href : null;
      return { type: "hit", n: message.n, hit: known ? { node, label, href: link } : null };
    }
    default:
      return null;
  }
}

function point(value: unknown): Point | null {
  const { x, y } = fields(value) ?? {};
  return isNumber(x) && isNumber(y) ? { x, y } : null;
}

const fields = (value: unknown): Record<string, unknown> | null =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;

const isNumber = (value: unknown): value is number =>
  typeof value === "number" && Number.isFinite(value);

const isSize = (value: unknown): value is number =>
  isNumber(value) && value >= 1 && value <= 16_384;

const isText = (value: unknown, limit: number): value is string =>
  typeof value === "string" && value.length <= limit;
