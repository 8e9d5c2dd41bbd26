import type { Line } from "@isession/peer";
import type { Grant, Permission } from "@isession/protocol";
import { expect, test } from "vitest";
import { standing } from "../src/standing";

const base = { id: { epoch: "e", seq: 1 }, at: 0, mine: true };
const ask = (permission: Permission): Line => ({ ...base, kind: "ask", permission });
const grant = (permission: Permission, grant: Grant): Line => ({
  ...base,
  kind: "grant",
  permission,
  grant,
});

test("the latest word on a permission is how it stands", () => {
  expect(standing([], "view")).toBe("none");
  expect(standing([ask("view")], "view")).toBe("asked");
  expect(standing([ask("view"), grant("view", "granted")], "view")).toBe("granted");
  expect(standing([grant("view", "granted"), grant("view", "withdrawn")], "view")).toBe(
    "withdrawn",
  );
  expect(standing([grant("view", "declined"), ask("view")], "view")).toBe("asked");
  expect(standing([ask("point"), grant("point", "granted")], "view")).toBe("none");
});
