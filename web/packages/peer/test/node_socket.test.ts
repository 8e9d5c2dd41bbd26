// The socket to the node comes back by itself, and knows when not to.

import { expect, test } from "vitest";
import { NodeSocket } from "../src/index";
import { backOff } from "../src/socket";
import { FakeClock } from "./fakes";

class FakeWebSocket {
  readyState = 0;
  readonly sent: string[] = [];
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onmessage: ((message: { data: unknown }) => void) | null = null;

  send(data: string): void {
    this.sent.push(data);
  }

  accept(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  close(): void {
    this.readyState = 3;
    this.onclose?.();
  }

  hear(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
}

function world() {
  const clock = new FakeClock();
  const opened: FakeWebSocket[] = [];
  const socket = new NodeSocket<{ type: string }, { type: string }>({
    url: "wss://node.example/v1/visitor",
    hello: () => ({ type: "hello" }),
    decode: (text) => JSON.parse(text) as { type: string },
    clock,
    random: () => 1,
    open: () => {
      const ws = new FakeWebSocket();
      opened.push(ws);
      return ws as unknown as WebSocket;
    },
  });
  const last = () => opened.at(-1) as FakeWebSocket;
  return { clock, opened, socket, last };
}

test("hello is the first frame of each connection", () => {
  const { clock, last, socket } = world();
  expect(socket.send({ type: "leave" })).toBe(false);
  last().accept();
  expect(last().sent).toEqual(['{"type":"hello"}']);
  last().close();
  expect(socket.state.get()).toBe("waiting");
  clock.turn(1000);
  last().accept();
  expect(last().sent).toEqual(['{"type":"hello"}']);
  expect(socket.state.get()).toBe("open");
});

test("the pauses grow, are bounded, and shrink after a welcome", () => {
  const { clock, opened, last } = world();
  for (let tries = 0; tries < 5; tries++) {
    last().close();
    clock.turn(500 * 2 ** tries - 1);
    expect(opened).toHaveLength(tries + 1);
    clock.turn(1);
    expect(opened).toHaveLength(tries + 2);
  }
  last().accept();
  last().hear({ type: "welcome" });
  last().close();
  clock.turn(500);
  expect(opened).toHaveLength(7);
  expect(backOff(1000, 1)).toBe(30_000);
  expect(backOff(1000, 0)).toBe(0);
});

test("a node that goes away says when to come back, within bounds", () => {
  const { clock, opened, last } = world();
  last().accept();
  last().hear({ type: "welcome" });
  last().hear({ type: "going_away", retry_after: 4_000_000_000 } as never);
  last().close();
  clock.turn(300_000);
  expect(opened).toHaveLength(1);
  clock.turn(500);
  expect(opened).toHaveLength(2);
});

test("what will not change stops it, another error does not", () => {
  for (const code of ["superseded", "unknown_site", "origin_not_allowed", "not_signed_in"]) {
    const { clock, opened, last, socket } = world();
    const frames: string[] = [];
    socket.onFrame(({ type }) => frames.push(type));
    last().accept();
    last().hear({ type: "error", code, fatal: false });
    expect(socket.state.get()).toBe("open");
    last().hear({ type: "error", code, fatal: true });
    expect(socket.state.get()).toBe("stopped");
    clock.turn(100_000);
    expect(opened).toHaveLength(1);
    expect(frames).toEqual(["error", "error"]);
  }
});

test("after an error that may pass it comes back, and not at once", () => {
  for (const code of ["too_fast", "too_many_connections", "bad_frame", "unknown"]) {
    const { clock, opened, last, socket } = world();
    const frames: string[] = [];
    socket.onFrame(({ type }) => frames.push(type));
    last().accept();
    last().hear({ type: "welcome" });
    last().hear({ type: "error", code, fatal: true });
    last().close();
    expect(socket.state.get()).toBe("waiting");
    expect(frames).toEqual(["welcome", "error"]);
    clock.turn(5000);
    expect(opened).toHaveLength(1);
    clock.turn(500);
    expect(opened).toHaveLength(2);
    last().accept();
    expect(socket.state.get()).toBe("open");
  }
});

test("a hello that nobody answers is said again on a new connection", () => {
  const { clock, opened, last, socket } = world();
  last().accept();
  clock.turn(4000);
  expect(socket.state.get()).toBe("waiting");
  clock.turn(1000);
  expect(opened).toHaveLength(2);
});

test("a connection that does not open is given up", () => {
  const { clock, opened } = world();
  clock.turn(10_000 + 1000);
  expect(opened).toHaveLength(2);
});

test("a question without an answer ends a connection that died without a word", () => {
  const { clock, opened, last, socket } = world();
  last().accept();
  last().hear({ type: "welcome" });
  clock.turn(3_600_000);
  expect(opened).toHaveLength(1);
  expect(socket.ask({ type: "ice" })).toBe(true);
  clock.turn(3999);
  last().hear({ type: "queue" });
  clock.turn(3_600_000);
  expect(opened).toHaveLength(1);
  socket.ask({ type: "ice" });
  clock.turn(4000);
  expect(socket.state.get()).toBe("waiting");
});

test("once the node has said how often it speaks, its silence is noticed", () => {
  const { clock, last, socket } = world();
  last().accept();
  last().hear({ type: "welcome" });
  last().hear({ type: "alive", next: 25_000 });
  clock.turn(49_999);
  expect(socket.state.get()).toBe("open");
  last().hear({ type: "alive", next: 25_000 });
  clock.turn(50_000);
  expect(socket.state.get()).toBe("waiting");
});

test("after a change of network even an open connection is made anew", () => {
  const { opened, last, socket } = world();
  last().accept();
  last().hear({ type: "welcome" });
  const before = last();
  socket.renew();
  expect(before.readyState).toBe(3);
  expect(opened).toHaveLength(2);
  before.hear({ type: "error", code: "superseded", fatal: true });
  last().accept();
  expect(socket.state.get()).toBe("open");
});

test("a later question gives no more time", () => {
  const { clock, last, socket } = world();
  last().accept();
  last().hear({ type: "welcome" });
  socket.ask({ type: "ice" });
  clock.turn(3000);
  socket.ask({ type: "end" });
  clock.turn(1000);
  expect(socket.state.get()).toBe("waiting");
});
