// Calling for the agent's attention: sound, the tab's title, a notification of the desktop.

import { signal } from "@preact/signals";
import { memory } from "./memory";

/** Between two sounds of a ring that goes on. */
const REPEAT = 4000;

export const muted = signal(memory.muted());
export const notifications = signal<NotificationPermission | "unsupported">(
  "Notification" in window && isSecureContext ? Notification.permission : "unsupported",
);

export function setMuted(value: boolean): void {
  muted.value = value;
  memory.saveMuted(value);
}

export async function allowNotifications(): Promise<void> {
  notifications.value = await Notification.requestPermission();
}

const title = document.title;
let audio: AudioContext | null = null;
let repeat = 0;
let shown: Notification | null = null;

/** Whether rings can be heard here. */
export const sounds = signal(false);

/** Browsers let a page sound only after the agent did something in it. */
export function unlockSound(): void {
  if (!audio) {
    audio = new AudioContext();
    audio.onstatechange = () => {
      sounds.value = audio?.state === "running";
    };
  }
  if (!sounds.value) {
    void audio.resume();
  }
}

/** Signed out: whoever sounds no more must not hold the sound device. */
export function quiet(): void {
  void audio?.close();
  audio = null;
  sounds.value = false;
}

/** Two short tones. */
function chime(): void {
  if (muted.value || audio?.state !== "running") {
    return;
  }
  for (const [index, frequency] of [660, 880].entries()) {
    const start = audio.currentTime + index * 0.18;
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    tone.frequency.value = frequency;
    volume.gain.setValueAtTime(0.0001, start);
    volume.gain.exponentialRampToValueAtTime(0.25, start + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, start + 0.16);
    tone.connect(volume).connect(audio.destination);
    tone.start(start);
    tone.stop(start + 0.17);
  }
}

/** How many rang last time. */
let callers = 0;

/** Rings for as long as somebody does, and anew for each who joins in. */
export function ring(count: number, who: string): void {
  const more = count > callers;
  callers = count;
  if (count === 0) {
    clearInterval(repeat);
    shown?.close();
    shown = null;
  } else if (more) {
    clearInterval(repeat);
    chime();
    repeat = window.setInterval(chime, REPEAT);
    tellDesktop(count === 1 ? who : `${who} and ${count - 1} more`);
  }
}

function tellDesktop(body: string): void {
  if (document.hidden && notifications.value === "granted") {
    shown?.close();
    shown = new Notification("Incoming visitor", { body });
    shown.onclick = () => window.focus();
  }
}

/** The title says what waits; it alternates while somebody rings. */
export function tellTitle(ringing: number, unread: number): void {
  clearInterval(flash);
  const calm = unread > 0 ? `(${unread}) ${title}` : title;
  document.title = calm;
  if (ringing > 0) {
    document.title = `☎ Incoming visitor`;
    flash = window.setInterval(() => {
      document.title = document.title === calm ? "☎ Incoming visitor" : calm;
    }, 1000);
  }
}
let flash = 0;
