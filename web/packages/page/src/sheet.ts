/**
 * The panel's style sheet. Constructed: a strict policy allows no other. Its `rem` would be the
 * page's; what is meant is the size that the visitor's browser is set to.
 */
export function sheetOf(host: HTMLElement, css: string): CSSStyleSheet {
  const size = Number.parseFloat(getComputedStyle(host).fontSize) || 16;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css.replace(/([\d.]+)rem\b/g, (_, rem) => `${Number(rem) * size}px`));
  return sheet;
}
