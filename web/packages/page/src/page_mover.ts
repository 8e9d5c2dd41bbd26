// How the page script moves the visitor: on its own site by itself, elsewhere in a window.

import type { How } from "@isession/protocol";
import { type Mover, STAGE } from "@isession/visitor";

export class PageMover implements Mover {
  move(url: URL): How | null {
    if (url.origin === location.origin) {
      location.assign(url.href);
      return "page";
    }
    return window.open(url.href, STAGE) ? "window" : null;
  }
}
