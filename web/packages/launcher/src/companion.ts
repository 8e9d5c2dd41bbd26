// The companion's window, as a click in a site's page opens it.

export const COMPANION = "isession";
/** A companion that lives says so in this time; whatever else has its name becomes one. */
const ANSWER = 500;

/**
 * Opens the companion, or brings the one that is open to the front: an empty address gives an
 * existing window as it is, and a companion says that it is one. False if the browser opened none.
 */
export function openCompanion(url: string): boolean {
  const companion = window.open("", COMPANION, "popup,width=400,height=640");
  if (!companion) {
    return false;
  }
  if (isFresh(companion)) {
    companion.location.href = url;
  } else {
    seeToIt(companion, url);
  }
  companion.focus();
  return true;
}

/** A window of that name may be another site's, or show an error. */
function seeToIt(companion: Window, url: string): void {
  const { origin, pathname } = new URL(url);
  const asking = new AbortController();
  const timer = setTimeout(() => {
    asking.abort();
    companion.location.href = url;
  }, ANSWER);
  const heard = ({ source, origin: from, data }: MessageEvent) => {
    if (source === companion && from === origin && data === pathname) {
      asking.abort();
      clearTimeout(timer);
    }
  };
  addEventListener("message", heard, { signal: asking.signal });
  // To whatever there is: where a site is helped is no secret.
  companion.postMessage(pathname, "*");
}

function isFresh(companion: Window): boolean {
  try {
    return companion.location.href === "about:blank";
  } catch {
    return false;
  }
}
