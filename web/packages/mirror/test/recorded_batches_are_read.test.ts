// What browsers recorded, as both languages read it.

import { expect, test } from "vitest";
import cases from "../../../../sdk/protocol/fixtures/mirror.json";
import { unpack } from "../src/unpack";

test.each(cases)("$batch.events.length events", async ({ messages, batch }) => {
  const pieces = messages.map((message) => {
    const bytes = Uint8Array.from(atob(message), (c) => c.charCodeAt(0));
    return bytes.subarray(2);
  });
  expect(await unpack(pieces)).toEqual(batch);
});
