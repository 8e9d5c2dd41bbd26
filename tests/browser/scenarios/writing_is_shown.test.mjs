// Whoever writes is seen to write, on both sides, until it is sent or given up.

import { test } from "node:test";
import { heard, say, session } from "../people.mjs";
import { withNode } from "../with_node.mjs";

const { node, browser } = await withNode();

const typing = (page, text) =>
  page.getByRole("status", { name: "Typing" }).filter({ hasText: text }).waitFor();

const box = (page) => page.getByRole("textbox", { name: "Message" });

test("each sees that the other writes, and that it ends", async () => {
  const { agent, companion, close } = await session(browser, node);
  for (const [writer, reader, who] of [
    [companion, agent, "Visitor"],
    [agent, companion, "Ada"],
  ]) {
    await box(writer).pressSequentially("Hel");
    await typing(reader, `${who} is writing …`);
    await box(writer).fill("");
    await typing(reader, /^$/);
    await box(writer).pressSequentially("Hello");
    await typing(reader, `${who} is writing …`);
    await say(writer, `Hello from ${who}`);
    await heard(reader, `Hello from ${who}`);
    await typing(reader, /^$/);
  }
  await close();
});
