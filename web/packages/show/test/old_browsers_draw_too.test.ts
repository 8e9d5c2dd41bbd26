// A browser that knows no popovers draws all the same; it cannot put what it draws over dialogs.

import { expect, test } from "vitest";
import { keepAbove } from "../src/above";

test("what such a browser does not understand is not asked of it", () => {
  const document = {
    defaultView: { performance },
    addEventListener: () => {},
    querySelectorAll(selectors: string) {
      throw new SyntaxError(`'${selectors}' is not a valid selector`);
    },
  };
  const layer = { ownerDocument: document, style: { setProperty: () => {} } };
  const above = keepAbove(layer as unknown as HTMLElement, () => false);
  expect(() => above.look({} as Element)).not.toThrow();
  above.close();
});
