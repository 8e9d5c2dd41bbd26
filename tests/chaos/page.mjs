// What runs inside the pages: sends, looks, and watches the channels. Each function stands alone,
// for browsers are given its text.

/**
 * Counts what comes on `glance`, and keeps `bulk` busy: a frame of a program's data (kind 0) five
 * times a second, with the connection's token and a number that tells what is missing, double or out
 * of order.
 */
export function watchChannels() {
  const counts = { glance: 0, bulk_sent: 0, bulk: 0, bulk_lost: 0, bulk_doubled: 0 };
  window.takeCounts = () => {
    const taken = { ...counts };
    for (const name of Object.keys(counts)) {
      counts[name] = 0;
    }
    return taken;
  };
  const heard = new Map();
  const hear = ({ data }) => {
    const view = new DataView(data);
    if (view.getUint8(0) !== 0) {
      return;
    }
    const [token, number] = [view.getUint32(1), view.getUint32(5)];
    // What arrives before this end is open, some browsers drop.
    const last = heard.get(token) ?? number - 1;
    counts.bulk += 1;
    counts.bulk_lost += Math.max(0, number - last - 1);
    counts.bulk_doubled += number <= last ? 1 : 0;
    heard.set(token, Math.max(last, number));
  };
  const flood = (channel) => {
    const frame = new DataView(new ArrayBuffer(2048));
    frame.setUint32(1, crypto.getRandomValues(new Uint32Array(1))[0]);
    let number = 0;
    const timer = setInterval(() => {
      if (channel.readyState === "open" && channel.bufferedAmount < 256 * 1024) {
        number += 1;
        frame.setUint32(5, number);
        channel.send(frame.buffer);
        counts.bulk_sent += 1;
      } else if (channel.readyState === "closed") {
        clearInterval(timer);
      }
    }, 200);
  };
  const create = RTCPeerConnection.prototype.createDataChannel;
  RTCPeerConnection.prototype.createDataChannel = function (label, options) {
    const channel = create.call(this, label, options);
    if (label === "glance") {
      channel.addEventListener("message", () => {
        counts.glance += 1;
      });
    } else if (label === "bulk") {
      channel.addEventListener("message", hear);
      flood(channel);
    }
    return channel;
  };
}

/** Writes a text and sends it, in one go. Whether it was taken. */
export function sayInPage(text) {
  const box = document.querySelector('textarea[aria-label="Message"]');
  const send = [...document.querySelectorAll("button")].find(
    (button) => button.textContent === "Send",
  );
  if (!box?.checkVisibility() || !send?.checkVisibility()) {
    return false;
  }
  box.value = text;
  box.dispatchEvent(new InputEvent("input", { bubbles: true }));
  send.click();
  return box.value === "";
}

/** The connection's state, and the last that was heard. */
export function lookAtPage() {
  const status = document.querySelector('[role="status"][aria-label="Connection"]');
  const all = document.querySelectorAll('[role="log"] li.message.theirs > p');
  return {
    state: status?.dataset.state ?? "none",
    words: status?.textContent ?? "",
    last: all[all.length - 1]?.textContent ?? null,
    counts: window.takeCounts?.() ?? {},
  };
}

/** All that is shown of either side, in order. */
export function readPage() {
  const texts = (side) =>
    [...document.querySelectorAll(`[role="log"] li.message.${side} > p`)].map(
      (line) => line.textContent,
    );
  return { mine: texts("mine"), theirs: texts("theirs") };
}

/** Presses the button of this name, if it is there. What the page says helps who waits in vain. */
export function pressInPage(name) {
  const button = [...document.querySelectorAll("button")].find(
    (button) => button.textContent.trim() === name && button.checkVisibility(),
  );
  button?.click();
  return { pressed: button !== undefined, shown: document.body.innerText.slice(0, 500) };
}
