// An accept that never reaches the node: no tab stays behind for a session that is none.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  accept,
  agentAtWork,
  connected,
  connection,
  heard,
  peersAre,
  say,
  visitorFromShop,
} from "../people.mjs";
import { withNode } from "../with_node.mjs";

const { node, browser } = await withNode();

const news = (agent, text) => agent.getByRole("region", { name: "News" }).getByText(text).waitFor();

/** The agent's connection breaks when the next accept should go out; runs in the page. */
function breakAtAccept() {
  const { send } = WebSocket.prototype;
  let broken = false;
  WebSocket.prototype.send = function (data) {
    if (!broken && JSON.parse(data).type === "accept") {
      broken = true;
      this.close();
    } else {
      send.call(this, data);
    }
  };
}

/** An agent and a visitor, connected while it rings. */
async function ringing() {
  const agent = await agentAtWork(browser, node);
  const visitor = await visitorFromShop(browser, node);
  await agent.getByRole("alert", { name: "Incoming visitor" }).waitFor();
  await Promise.all([agent, visitor.companion].map((page) => peersAre(page, "connected", 1)));
  const close = async () => {
    await agent.context().close();
    await visitor.context.close();
  };
  return { agent, ...visitor, close };
}

test("a visitor who rings again is accepted again, in one tab", async () => {
  const { agent, companion, close } = await ringing();
  await agent.evaluate(breakAtAccept);
  await accept(agent);
  await agent.getByRole("tab").waitFor();
  await agent.getByRole("tab").waitFor({ state: "detached" });
  await accept(agent);
  await connected(agent, companion);
  await say(companion, "here I am");
  await heard(agent, "here I am");
  assert.equal(await agent.getByRole("tab").count(), 1);
  await companion.getByRole("button", { name: "End session" }).click();
  await close();
});

test("a visitor who left meanwhile leaves no tab behind", async () => {
  const { agent, companion, close } = await ringing();
  await agent.evaluate(breakAtAccept);
  // The node hears of the visitor first.
  await agent.evaluate(() => {
    const Real = WebSocket;
    window.back = new Promise((resolve) => {
      window.comeBack = resolve;
    });
    window.WebSocket = class extends Real {
      set onopen(run) {
        super.onopen = (event) => window.back.then(() => run(event));
      }
    };
  });
  await accept(agent);
  await agent.getByRole("tab").waitFor();
  await companion.getByRole("button", { name: "Leave the queue" }).click();
  await companion.getByRole("button", { name: "Start again" }).waitFor();
  await agent.evaluate(() => window.comeBack());
  await news(agent, "The visitor was gone when you accepted.");
  assert.equal(await agent.getByRole("tab").count(), 0);
  await close();
});

test("an accept that nobody hears is no session, and rings again", async () => {
  const { agent, companion, close } = await ringing();
  // A connection that died without a word takes all that is sent.
  await agent.evaluate(() => {
    const { send } = WebSocket.prototype;
    WebSocket.prototype.send = function (data) {
      if (JSON.parse(data).type === "accept") {
        WebSocket.prototype.send = send;
        this.onmessage = null;
      } else {
        send.call(this, data);
      }
    };
  });
  await accept(agent);
  await connection(agent, "Accepting …");
  await agent.getByRole("tab").waitFor({ state: "detached" });
  await accept(agent);
  await connected(agent, companion);
  await close();
});

test("nobody rings without a node", async () => {
  const { agent, companion, close } = await ringing();
  await node.stop("SIGKILL");
  await agent.getByRole("status", { name: "Node" }).waitFor();
  await agent.getByRole("alert", { name: "Incoming visitor" }).waitFor({ state: "detached" });
  assert.equal(await agent.title(), "iSession console");
  await node.start();
  await agent.getByRole("status", { name: "Node" }).waitFor({ state: "detached" });
  await accept(agent);
  await connected(agent, companion);
  await close();
});
