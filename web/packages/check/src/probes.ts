// The tests themselves. Each says whether a way is open; what it opened it closes again.

import type { IceServer } from "@isession/protocol";

/** How long an answer is waited for: a slow network's, and no proxy's that swallows all. */
const PATIENCE = 10_000;
/** What a TURN server says to credentials that it does not take: the way there is open. */
const UNAUTHORIZED = 401;

/** The first answer, or `silence` when there is none in time. */
function answered<T>(silence: T, ask: (answer: (given: T) => void) => void): Promise<T> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(silence), PATIENCE);
    ask((given) => {
      clearTimeout(timer);
      resolve(given);
    });
  });
}

/** A frame there and a frame back: proxies that take the upgrade and nothing after it fail. */
export async function webSocket(url: string, subprotocol: string): Promise<boolean> {
  const socket = new WebSocket(url, subprotocol);
  const open = await answered(false, (answer) => {
    // Not the frame that the node expects first, so it says so.
    socket.onopen = () => socket.send('{"type":"check"}');
    socket.onmessage = () => answer(true);
    socket.onclose = () => answer(false);
  });
  socket.close();
  return open;
}

/**
 * Whether a server gives this browser an address of a kind; null where that cannot be told: a STUN
 * answer that says nothing new makes no candidate, and not every browser tells of failures.
 */
async function gathers(
  server: RTCIceServer,
  kind: RTCIceCandidateType,
  iceTransportPolicy: RTCIceTransportPolicy,
): Promise<boolean | null> {
  const peer = new RTCPeerConnection({ iceServers: [server], iceTransportPolicy });
  let failed = false;
  const open = await answered<boolean | null>(false, (answer) => {
    peer.onicecandidate = ({ candidate }) => {
      if (candidate?.type === kind) {
        answer(true);
      } else if (candidate === null) {
        answer(kind === "relay" || failed ? false : "onicecandidateerror" in peer || null);
      }
    };
    peer.onicecandidateerror = ({ errorCode }) => {
      failed = true;
      if (errorCode === UNAUTHORIZED) {
        answer(true);
      }
    };
    peer.createDataChannel("check");
    peer.setLocalDescription().catch(() => answer(false));
  });
  peer.close();
  return open;
}

export const stun = (server: IceServer) => gathers(plain(server), "srflx", "all");
export const relay = (server: IceServer) => gathers(plain(server), "relay", "relay");

function plain({ urls, username, credential }: IceServer): RTCIceServer {
  return { urls, ...(username && { username }), ...(credential && { credential }) };
}

/** Two ends in this page, and a word from one to the other. */
export async function channel(): Promise<boolean> {
  const [one, other] = [new RTCPeerConnection(), new RTCPeerConnection()];
  const open = await answered(false, (answer) => {
    one.onicecandidate = ({ candidate }) => other.addIceCandidate(candidate ?? undefined);
    other.onicecandidate = ({ candidate }) => one.addIceCandidate(candidate ?? undefined);
    other.ondatachannel = (event) => {
      event.channel.onmessage = () => answer(true);
    };
    const channel = one.createDataChannel("check");
    channel.onopen = () => channel.send("check");
    negotiate(one, other).catch(() => answer(false));
  });
  one.close();
  other.close();
  return open;
}

async function negotiate(one: RTCPeerConnection, other: RTCPeerConnection): Promise<void> {
  await one.setLocalDescription();
  await other.setRemoteDescription(one.localDescription as RTCSessionDescription);
  await other.setLocalDescription();
  await one.setRemoteDescription(other.localDescription as RTCSessionDescription);
}
