import type { Line } from "@isession/peer";
import type { Grant, Permission } from "@isession/protocol";
import { expect, test } from "vitest";
import { permits, standing } from "../src/standing";

const base = { id: { epoch: "e", seq: 1 }, at: 0, mine: true };
const ask = (permission: Permission): Line => ({ ...base, kind: "ask", permission });
const release = (permission: Permission): Line => ({ ...base, kind: "release", permission });
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

test("what was given back is permitted no more, and what was asked again is", () => {
  const granted = [ask("view"), grant("view", "granted"), grant("point", "granted")];
  expect(standing([...granted, release("view")], "view")).toBe("released");
  expect(permits([...granted, ask("view")], "view")).toBe(true);
  expect(permits([...granted, release("follow")], "view")).toBe(true);
  expect(permits([...granted, release("view")], "view")).toBe(false);
  expect(permits([...granted, release("view"), grant("view", "granted")], "point")).toBe(false);
  expect(permits([grant("follow", "granted"), grant("follow", "paused")], "follow")).toBe(false);
});
