// Sign-in and sign-out. The proof is a cookie that no script can read.

import type { AgentCard } from "@isession/protocol";
import { signal } from "@preact/signals";
import { clearShelves } from "./shelves";

export type Account =
  | { kind: "unknown" }
  | { kind: "out"; problem: string }
  | { kind: "in"; agent: AgentCard };

export const account = signal<Account>({ kind: "unknown" });

/** Asks the node who is signed in here. */
export async function recall(): Promise<void> {
  try {
    const answer = await fetch("/v1/me");
    if (answer.ok) {
      const { agent } = (await answer.json()) as { agent: AgentCard };
      account.value = { kind: "in", agent };
    } else {
      account.value = { kind: "out", problem: "" };
    }
  } catch {
    account.value = { kind: "out", problem: "The node cannot be reached." };
  }
}

/** Asks the node whether nobody is signed in here any more. One that cannot answer does not say so. */
export async function isSignedOut(): Promise<boolean> {
  const answer = await fetch("/v1/me").catch(() => null);
  return answer?.status === 401;
}

/** The sign-in does not hold any more: to sign in again leaves what is kept of sessions as it is. */
export function signInAgain(): void {
  account.value = { kind: "out", problem: "" };
}

export async function signIn(login: string, password: string): Promise<void> {
  try {
    const answer = await fetch("/v1/login", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ login, password }),
    });
    if (answer.ok) {
      const { agent } = (await answer.json()) as { agent: AgentCard };
      account.value = { kind: "in", agent };
      return;
    }
    account.value = { kind: "out", problem: problemInWords(answer) };
  } catch {
    account.value = { kind: "out", problem: "The node cannot be reached. Please try again." };
  }
}

export async function signOut(): Promise<void> {
  await fetch("/v1/logout", { method: "POST" }).catch(() => {});
  account.value = { kind: "out", problem: "" };
  await clearShelves();
}

function problemInWords(answer: Response): string {
  switch (answer.status) {
    case 401:
      return "Login or password is wrong.";
    case 429:
      return `Too many tries. Please wait ${answer.headers.get("retry-after") ?? "60"} seconds.`;
    default:
      return "The node could not sign you in. Please try again.";
  }
}
