// How long the agent's pointer takes into the visitor's page, on one machine: from the event in the
// console to the picture in which the visitor's page draws it.

import { median, percentile } from "./figures.mjs";
import { accept, agentAtWork, connected, visitorInPanel } from "./people.mjs";

const MOVES = 200;

/** Prints the figures. */
export async function measurePointer(browser, node, print) {
  const agent = await agentAtWork(browser, node);
  const { shop, context } = await visitorInPanel(browser, node);
  await accept(agent);
  await connected(agent, shop);
  const allow = (name) =>
    shop
      .getByRole("dialog", { name })
      .getByRole("button", { name: "Allow", disabled: false })
      .click();
  await agent.getByRole("button", { name: "Ask to see the page" }).click();
  await allow("Let Ada see this page?");
  await agent.getByRole("button", { name: "Ask to point" }).click();
  await allow("Let Ada point at things on this page?");
  await shop.waitForFunction(() =>
    document.querySelector("isession-panel").shadowRoot.querySelector(".laser"),
  );
  await agent.evaluate(() => {
    const glass = document.querySelector(".mirror .glass");
    glass.addEventListener(
      "pointermove",
      ({ timeStamp }) => {
        window.movedAt = performance.timeOrigin + timeStamp;
      },
      true,
    );
  });
  await shop.evaluate(() => {
    const laser = document.querySelector("isession-panel").shadowRoot.querySelector(".laser");
    window.drawn = () =>
      new Promise((resolve) => {
        const before = laser.style.transform;
        new MutationObserver((_, observer) => {
          if (laser.style.transform !== before) {
            observer.disconnect();
            resolve(performance.timeOrigin + performance.now());
          }
        }).observe(laser, { attributes: true });
      });
  });
  const box = await agent.locator(".mirror .glass").boundingBox();
  const times = [];
  for (let move = 0; move < MOVES; move += 1) {
    const drawn = shop.evaluate(() => window.drawn());
    // The question has arrived before the pointer moves.
    await shop.evaluate(() => {});
    const x = box.x + 20 + ((move * 37) % (box.width - 40));
    const y = box.y + 20 + ((move * 23) % (box.height - 40));
    await agent.mouse.move(x, y);
    times.push((await drawn) - (await agent.evaluate(() => window.movedAt)));
  }
  const [middle, most] = [median(times), percentile(times, 95)].map((ms) => ms.toFixed(1));
  print(
    "pointer, console to visitor's page",
    `median ${middle} ms, p95 ${most} ms of ${MOVES}`,
    "(goal: p95 20 ms and the network)",
  );
  await context.close();
  await agent.context().close();
}
