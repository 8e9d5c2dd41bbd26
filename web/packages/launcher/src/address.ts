// Where the launcher leads: the companion's address, with what it should know of the visit.

/** What the script element says. */
export interface Embed {
  node: string;
  site: string;
  department: string | undefined;
}

/** Longer page addresses are left out, as the node would refuse them. */
const LONGEST_PAGE = 2048;

export function companionAddress({ node, site, department }: Embed, page: string): string {
  const url = new URL(`/go/${encodeURIComponent(site)}`, node);
  if (department) {
    url.searchParams.set("department", department);
  }
  if (page.length <= LONGEST_PAGE) {
    // In the fragment: it reaches the companion's script and no server's log.
    url.hash = new URLSearchParams({ page }).toString();
  }
  return url.href;
}

/** Where the node says whether somebody is there. */
export function availabilityAddress({ node, site, department }: Embed): string {
  const url = new URL(`/v1/sites/${encodeURIComponent(site)}`, node);
  if (department) {
    url.searchParams.set("department", department);
  }
  return url.href;
}

/** What the node's answer about the site means for the button; null if it means nothing. */
export function availabilityOf(answer: unknown): boolean | null {
  const known = typeof answer === "object" && answer !== null && "available" in answer;
  return known && typeof answer.available === "boolean" ? answer.available : null;
}
