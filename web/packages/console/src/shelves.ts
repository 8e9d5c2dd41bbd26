// The best shelf there is: the browser's database, sealed; where the page is not a secure context,
// or the database is forbidden, this tab's own storage.

import type { AgentId } from "@isession/protocol";
import { SealedShelf } from "./sealed_shelf";
import type { RememberedTalk, Shelf } from "./shelf";
import { TabShelf } from "./tab_shelf";

/** A database that does not open by then is as good as none. */
const PATIENCE = 2000;

/** Opens a shelf. */
export async function openShelf(agent: AgentId): Promise<[Shelf, RememberedTalk[]]> {
  const sealed = new SealedShelf();
  const late = new Promise<never>((_, reject) => setTimeout(reject, PATIENCE));
  try {
    return [sealed, await Promise.race([sealed.open(agent), late])];
  } catch {
    const shelf = new TabShelf();
    return [shelf, await shelf.open(agent)];
  }
}

/** Erases what any window of this browser kept. */
export async function clearShelves(): Promise<void> {
  await Promise.allSettled([new SealedShelf().clear(), new TabShelf().clear()]);
}
