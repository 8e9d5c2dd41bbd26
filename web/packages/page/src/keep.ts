// How the panel was left, over the pages of a site: whether it is shown, and half a message.

const SHOWN = "isession:panel:";
const DRAFT = "isession:draft:";

export class Keep {
  readonly #site: string;

  constructor(site: string) {
    this.#site = site;
  }

  /** In all tabs alike. */
  get shown(): boolean {
    return attempt(() => localStorage.getItem(SHOWN + this.#site) === "shown") ?? false;
  }

  set shown(shown: boolean) {
    attempt(() => {
      if (shown) {
        localStorage.setItem(SHOWN + this.#site, "shown");
      } else {
        localStorage.removeItem(SHOWN + this.#site);
      }
    });
  }

  /** Keeps what is half written, for the next page of this tab. */
  draft(box: HTMLTextAreaElement | null): void {
    const text = box?.value ?? "";
    attempt(() =>
      text
        ? sessionStorage.setItem(DRAFT + this.#site, text)
        : sessionStorage.removeItem(DRAFT + this.#site),
    );
  }

  restoreDraft(box: HTMLTextAreaElement | null): void {
    const text = attempt(() => sessionStorage.getItem(DRAFT + this.#site));
    if (box && text) {
      box.value = text;
    }
  }
}

/** Storage may be forbidden: then the next page begins without. */
function attempt<T>(run: () => T): T | null {
  try {
    return run();
  } catch {
    return null;
  }
}
