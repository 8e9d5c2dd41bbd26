// A visitor that is a program, and an agent at the console in Chromium.

import { after, test } from "node:test";
import { accept, agentAtWork, connection, heard, lead, leadStatus, say } from "../people.mjs";
import { runExample } from "../programs.mjs";
import { withNode } from "../with_node.mjs";

const { node, browser } = await withNode();
let visitor;
after(() => visitor?.stop());

test("the console talks with the program and leads it", async () => {
  const agent = await agentAtWork(browser, node);
  visitor = runExample("visitor", [node.url, "demo", "Robin"]);
  await visitor.said(/^number 1 of 1/);
  const waiting = agent.getByRole("list", { name: "Waiting visitors" });
  await waiting.getByText("Robin").first().waitFor();
  await accept(agent);
  await connection(agent, /direct/i);
  await visitor.said(/^talking with Ada$/);

  visitor.input("Good day");
  await heard(agent, "Good day");
  await say(agent, "Hello Robin");
  await visitor.said(/^agent: Hello Robin$/);

  await lead(agent, "https://shop.example/returns");
  await visitor.said(/^go to https:\/\/shop\.example\/returns\?/);
  await leadStatus(agent, /shown/i);
  visitor.input("y");
  await leadStatus(agent, /landed/i);
  await lead(agent, "https://shop.example/other");
  await visitor.said(/^go to https:\/\/shop\.example\/other\?/);
  visitor.input("n");
  await leadStatus(agent, /declined|stay/i);

  await agent.getByRole("button", { name: "End session" }).click();
  await visitor.said(/^ended /);
});
