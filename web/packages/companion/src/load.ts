// Parts of the companion that are loaded when the window is there already.

import { backOff, systemClock } from "@isession/peer";

/** Loads a part, again and again until it comes; `failed` runs after each try that fails. */
export async function load<T>(address: string, failed: () => void): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      // Firefox never asks again for what failed under the same address.
      return await import(/* @vite-ignore */ tries > 0 ? `${address}?${tries}` : address);
    } catch {
      failed();
    }
    await new Promise<void>((resolve) => {
      const again = () => {
        cancel();
        removeEventListener("online", again);
        resolve();
      };
      const cancel = systemClock.after(backOff(tries, Math.random()), again);
      addEventListener("online", again);
    });
  }
}
