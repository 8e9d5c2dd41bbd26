// What leaves the companion must fit the wire, whose limits are bytes of UTF-8.

import { bytes, type Details, LIMITS, wellFormed } from "@isession/protocol";

/** As much of the text as fits. */
export function clip(text: string, max: number): string {
  const letters = [...wellFormed(text.slice(0, max))];
  while (bytes(letters.join("")) > max) {
    letters.pop();
  }
  return letters.join("");
}

/** What the link or the launcher says of the visit; what does not fit is left out. */
export function detailsOf(address: URL, referrer: string): Details {
  const page = new URLSearchParams(address.hash.slice(1)).get("page") ?? referrer;
  const department = address.searchParams.get("department") ?? "";
  return {
    ...(/^https?:/i.test(page) && bytes(page) <= LIMITS.url && { page }),
    ...(department !== "" && bytes(department) <= LIMITS.department && { department }),
  };
}

/** How much more may be said, once it matters; empty before that. */
export function lengthInWords(text: string): string {
  const left = LIMITS.messageText - bytes(text);
  if (left < 0) {
    return "This message is too long. Please send it in parts.";
  }
  return left < LIMITS.messageText / 8 ? `About ${left} characters left` : "";
}
