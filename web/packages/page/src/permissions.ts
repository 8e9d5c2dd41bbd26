// What the agent asks for and what the visitor says to it: one question at a time, and silence is a
// no. What is permitted is read from what was said, so it goes with the session from page to page.

import {
  type Clock,
  grantOf,
  isGivenBack,
  type Line,
  permits,
  standing,
  Value,
} from "@isession/peer";
import type { Grant, Permission } from "@isession/protocol";

/** What can be asked for, each with what it takes to have it. */
const OFFERED = { view: null, point: "view", follow: null } as const;
export type Offered = keyof typeof OFFERED;
/** In the order in which they are taken back. */
const LAST_FIRST = ["point", "view", "follow"] as const;

/** A question without an answer for so long is answered with no. */
export const PATIENCE = 30_000;
/** Nobody is asked again so soon after a no, or a question taken back: what is asked then is declined. */
export const QUIET = 30_000;

export interface PermissionsOptions {
  clock: Clock;
  /** Says it to the agent's side; throws if the conversation is full. */
  say(permission: Permission, grant: Grant): void;
  /** What was taken back could not be said: the session must not go on. */
  onStuck(): void;
}

export class Permissions {
  /** The question that waits for the visitor. */
  readonly question = new Value<Offered | null>(null);
  readonly #options: PermissionsOptions;
  #lines: readonly Line[] = [];
  /** When a question came to nothing for the last time; what was said in pages before tells it at first. */
  #refused: number | null | undefined;
  #cancel = () => {};

  constructor(options: PermissionsOptions) {
    this.#options = options;
  }

  holds(permission: Offered): boolean {
    const base = OFFERED[permission];
    return permits(this.#lines, permission) && (base === null || permits(this.#lines, base));
  }

  /** Following waits until the visitor takes it up again. */
  get paused(): boolean {
    return grantOf(this.#lines, "follow") === "paused";
  }

  /** Something was said. */
  hear(lines: readonly Line[]): void {
    if (this.#refused === undefined) {
      this.#refused = refusedAt(lines);
    }
    this.#lines = lines;
    if (this.#stopped && (this.holds("follow") || this.paused)) {
      // Who stops leading follows nobody either. What is said is heard here before this returns.
      this.withdraw("follow");
      return;
    }
    const back = LAST_FIRST.find((permission) => isGivenBack(lines, permission));
    if (back) {
      // Whichever of the two was heard last where: both sides end with the same word.
      this.#take(back, "withdrawn");
      return;
    }
    const asked = (Object.keys(OFFERED) as Offered[]).filter(
      (permission) => standing(lines, permission) === "asked",
    );
    const open = this.question.get();
    if (open && !asked.includes(open)) {
      // The agent took it back: who asked in vain asks no sooner again than after a no.
      this.#refused = this.#options.clock.now();
      this.#close();
    }
    for (const permission of asked) {
      const grant = permission === open ? null : this.#answerTo(permission, asked);
      if (grant) {
        // What is said is heard here before this returns.
        this.#say(permission, grant);
        return;
      }
    }
    const [first] = asked;
    if (!this.question.get() && first) {
      this.#cancel = this.#options.clock.after(PATIENCE, () => this.#refuse("expired"));
      this.question.set(first);
    }
  }

  /** The visitor's answer to the question. */
  answer(yes: boolean): void {
    if (yes) {
      this.#settle("granted");
    } else {
      this.#refuse("declined");
    }
  }

  /** Takes it back, and all that goes with it. */
  withdraw(permission: Offered): void {
    for (const other of LAST_FIRST) {
      const goes = other === permission || OFFERED[other] === permission;
      const there = permits(this.#lines, other) || (other === "follow" && this.paused);
      if (goes && there) {
        this.#take(other, "withdrawn");
      }
    }
  }

  /** The visitor goes on alone. */
  pause(): void {
    if (this.holds("follow")) {
      this.#take("follow", "paused");
    }
  }

  /** And follows again. */
  resume(): void {
    if (this.paused) {
      this.#say("follow", "granted");
    }
  }

  /** The session is over or held elsewhere: nothing is permitted here. */
  close(): void {
    this.#lines = [];
    this.#close();
  }

  /** What needs no question. */
  #answerTo(permission: Offered, asked: readonly Offered[]): Grant | null {
    if (this.holds(permission)) {
      return "granted";
    }
    if (permission === "follow" && (this.paused || this.#stopped)) {
      // The visitor takes it up again when they like; who stopped leading is not asked for more.
      return this.paused ? "paused" : "declined";
    }
    const base = OFFERED[permission];
    if (base !== null && !permits(this.#lines, base)) {
      // It waits for the answer to the other one.
      return asked.includes(base) ? null : "declined";
    }
    const since = this.#options.clock.now() - (this.#refused ?? Number.NEGATIVE_INFINITY);
    return since >= 0 && since < QUIET ? "declined" : null;
  }

  #refuse(grant: "declined" | "expired"): void {
    this.#refused = this.#options.clock.now();
    this.#settle(grant);
  }

  #settle(grant: Grant): void {
    const question = this.question.get();
    if (question) {
      this.#close();
      this.#say(question, grant);
    }
  }

  #close(): void {
    this.#cancel();
    this.question.set(null);
  }

  /** The visitor stopped leading. */
  get #stopped(): boolean {
    const latest = this.#lines.findLast((line) => line.kind === "consent");
    return latest?.kind === "consent" && !["ask", "allow"].includes(latest.consent);
  }

  /** What is taken back is said, or the session does not go on. */
  #take(permission: Offered, grant: Grant): void {
    if (!this.#say(permission, grant)) {
      this.#options.onStuck();
    }
  }

  /** False if there is no room for it. */
  #say(permission: Permission, grant: Grant): boolean {
    try {
      this.#options.say(permission, grant);
      return true;
    } catch {
      return false;
    }
  }
}

function refusedAt(lines: readonly Line[]): number | null {
  const latest = lines.findLast(
    (line) => line.kind === "grant" && (line.grant === "declined" || line.grant === "expired"),
  );
  return latest?.at ?? null;
}
