// The companion's window, as a click in a site's page opens it.

export const COMPANION = "isession";

/**
 * Opens the companion, or brings the one that is open to the front: an empty address gives an
 * existing window as it is. False if the browser opened none.
 */
export function openCompanion(url: string): boolean {
  const companion = window.open("", COMPANION, "popup,width=400,height=640");
  if (!companion) {
    return false;
  }
  let fresh = false;
  try {
    fresh = companion.location.href === "about:blank";
  } catch {
    // Of another origin: it is the companion.
  }
  if (fresh) {
    companion.location.href = url;
  }
  companion.focus();
  return true;
}
