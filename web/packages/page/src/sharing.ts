// What the agent sees of this page, and shows on it, while the visitor permits it. The parts that do
// so are loaded once they are permitted, and end with the permission.

import type { Recording, RecordOptions } from "@isession/mirror/record";
import { type Clock, type PageSession, randomEpoch } from "@isession/peer";
import type { PagePolicy } from "@isession/protocol";
import type { PageVisit } from "./page_visit";
import { Permissions } from "./permissions";
import { questionView } from "./question_view";
import { type SharingView, sharingView } from "./sharing_view";

/** Where the parts lie at the node, named by their content; the build fills it in. */
declare const RECORD: string;

/** Our own elements, which are no part of the page. */
const OURS = "isession-panel";
/** This life of the page: its elements keep their numbers over all of its mirrors. */
const VIEW = randomEpoch();
const NOTHING: PagePolicy = { query: [], unmask: [], origins: [] };

export interface SharingOptions {
  visit: PageVisit;
  node: string;
  /** Where the border and the questions are drawn. */
  root: ShadowRoot;
  clock: Clock;
}

type RecordPart = { startMirror(options: RecordOptions): Recording };

export class Sharing {
  readonly view: SharingView;
  readonly #options: SharingOptions;
  readonly #permissions: Permissions;
  readonly #end = new AbortController();
  readonly #unsubscribe: (() => void)[];
  /** The session whose agent sees the page, from the moment that it was permitted. */
  #shownTo: PageSession | null = null;
  #recording: Recording | null = null;

  constructor(options: SharingOptions) {
    this.#options = options;
    const { visit, clock, root } = options;
    const agent = () => {
      const stage = visit.stage.get();
      return stage.kind === "talking" ? stage.agent : "The agent";
    };
    this.#permissions = new Permissions({
      clock,
      say: (permission, grant) => visit.session?.grant(permission, grant),
      onStuck: () => void visit.end(),
    });
    this.view = sharingView(this.#permissions, agent, () => this.stop());
    root.append(this.view.border);
    questionView(this.#permissions, agent, root);
    addEventListener("keydown", (event) => this.#key(event), {
      capture: true,
      signal: this.#end.signal,
    });
    const look = () => this.#look();
    this.#unsubscribe = [visit.changed.subscribe(look), visit.stage.subscribe(look)];
    this.#look();
  }

  /** The visitor takes back all that was permitted. */
  stop(): void {
    this.#permissions.withdraw("view");
  }

  /** The page is left, or another view of the visit takes its place. */
  close(): void {
    this.#end.abort();
    for (const end of this.#unsubscribe) {
      end();
    }
    this.#permissions.close();
    this.#follow(null);
    this.view.border.remove();
  }

  /** Before the page hears of it: whatever it does with its keys, this one is the visitor's. */
  #key(event: KeyboardEvent): void {
    const asked = this.#options.root.querySelector("dialog[open]");
    if (event.key === "Escape" && !event.repeat && !asked) {
      this.stop();
    }
  }

  #look(): void {
    const { visit } = this.#options;
    const { session } = visit;
    const goes = session && !visit.isClosed && !session.view.get().ended;
    if (goes) {
      this.#permissions.hear(session.view.get().lines);
    } else {
      this.#permissions.close();
    }
    this.#follow(goes && this.#permissions.holds("view") ? session : null);
    this.view.show();
  }

  /** Shows the page to the agent of this session, or to nobody. */
  #follow(session: PageSession | null): void {
    if (session !== this.#shownTo) {
      this.#recording?.stop();
      this.#recording = null;
      this.#shownTo = session;
      if (session) {
        void this.#record(session);
      }
    }
  }

  async #record(session: PageSession): Promise<void> {
    const { node, visit } = this.#options;
    try {
      const { startMirror }: RecordPart = await import(/* @vite-ignore */ node + RECORD);
      if (session === this.#shownTo) {
        this.#recording = startMirror({
          window,
          policy: visit.site.page ?? NOTHING,
          view: VIEW,
          outlet: session.bulk,
          glance: (glance) => session.glance(glance),
          ours: OURS,
        });
      }
    } catch {
      // The page's policy forbids it, or the network failed: nobody shall believe that it is shown.
      if (session === this.#shownTo) {
        this.stop();
      }
    }
  }
}
