// The attributes that may travel, for both ends: the recorder takes only these out of the page,
// and the replay takes only these from the wire. What is not named here does not exist.

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

const LOOKS = words(`
  class id style dir lang hidden role type width height align valign bgcolor color border
  cellpadding cellspacing colspan rowspan span nowrap size rows cols wrap start reversed open
  disabled readonly required multiple media inert popover slot part exportparts face charset
  min max low high optimum sizes alt label rel
`);

/** Presentation of SVG; harmless without `href`, scripts and handlers. */
const DRAWING = words(`
  d points x y x1 y1 x2 y2 cx cy r rx ry fx fy fr viewBox preserveAspectRatio transform fill
  fill-opacity fill-rule stroke stroke-width stroke-opacity stroke-linecap stroke-linejoin
  stroke-miterlimit stroke-dasharray stroke-dashoffset opacity clip-path clip-rule mask filter
  color-interpolation color-interpolation-filters display visibility overflow offset stop-color
  stop-opacity gradientUnits gradientTransform spreadMethod patternUnits patternContentUnits
  patternTransform clipPathUnits maskUnits maskContentUnits filterUnits primitiveUnits in in2
  result stdDeviation mode values operator k1 k2 k3 k4 dx dy rotate text-anchor
  dominant-baseline alignment-baseline baseline-shift font-family font-size font-weight
  font-style letter-spacing word-spacing text-decoration textLength lengthAdjust marker-start
  marker-mid marker-end markerWidth markerHeight markerUnits orient refX refY pathLength
  vector-effect shape-rendering text-rendering image-rendering paint-order pointer-events
  flood-color flood-opacity lighting-color surfaceScale diffuseConstant specularConstant
  specularExponent kernelMatrix order divisor bias edgeMode radius scale xChannelSelector
  yChannelSelector baseFrequency numOctaves seed stitchTiles tableValues slope intercept
  amplitude exponent azimuth elevation z xmlns xmlns:xlink version
`);

/** What rrweb adds of its own. */
const MEASURES = words("rr_width rr_height rr_scrollLeft rr_scrollTop rr_open_mode");

/**
 * Styles hang on `data-` and `aria-` attributes, and sites keep all sorts of things in them. One
 * passes when its value is one of these words: they say nothing of the person.
 */
const STATES = words(`
  true false on off open closed opened opening closing yes no mixed none auto light dark system
  active inactive checked unchecked indeterminate horizontal vertical top right bottom left start
  end center visible hidden show shown expanded collapsed selected unselected disabled enabled
  loading loaded idle complete page step location date time both list menu listbox tree grid
  dialog ascending descending other polite assertive additions text all inline sm md lg xl xs
  primary secondary success danger warning info delayed-open instant-open from-start from-end
  to-start to-end
`);

/** Attributes that hold content rather than looks: nothing of them under a mask. */
const CONTENT = words(
  "style alt label d points values min max low high optimum src href srcset _cssText",
);

/** Attributes with an address of something to load. */
export const SOURCES = words("src srcset poster background");
/** Attributes with an address to go to, or to draw from. */
export const LINKS = words("href xlink:href");

const ADDRESSED: Record<string, readonly string[]> = {
  src: ["img", "input"],
  srcset: ["img", "source"],
  poster: ["video"],
  background: ["body", "table", "td", "th"],
  href: [
    "a",
    "area",
    "link",
    "use",
    "image",
    "textPath",
    "linearGradient",
    "radialGradient",
    "pattern",
  ],
  "xlink:href": ["a", "use", "image", "textPath", "linearGradient", "radialGradient", "pattern"],
};

/** Whether an element of this name may carry this attribute at all. */
export function mayCarry(tag: string, name: string): boolean {
  const addressed = ADDRESSED[name];
  if (addressed) {
    return addressed.includes(tag) || addressed.includes(tag.toLowerCase());
  }
  // Values are for those elements that show them.
  if (name === "value") {
    return ["input", "textarea", "select", "progress", "meter", "li"].includes(tag);
  }
  if (name === "checked" || name === "selected") {
    return tag === (name === "checked" ? "input" : "option");
  }
  if (name === "_cssText") {
    return tag === "style" || tag === "link";
  }
  return LOOKS.has(name) || DRAWING.has(name) || MEASURES.has(name) || isState(name);
}

/** Whether this is an attribute that is judged by its value. */
export const isState = (name: string): boolean => /^(data|aria)-[a-z-]{1,40}$/.test(name);

export const isStateWord = (value: string): boolean => value === "" || STATES.has(value);

export const isContent = (name: string): boolean =>
  CONTENT.has(name) || SOURCES.has(name) || LINKS.has(name);

/** Elements that bring code, other documents or other people's requests with them. */
const FOREIGN = words(`
  script noscript iframe frame frameset object embed applet param base portal fencedframe template
  audio source track meta noembed noframes plaintext xmp
`);

/** Elements that travel as a name only, without attributes but for their measures. */
export const isForeign = (tag: string): boolean => FOREIGN.has(tag.toLowerCase());

/** What a foreign element may keep. */
export const isMeasure = (name: string): boolean =>
  ["class", "id", "width", "height", "rr_width", "rr_height"].includes(name);
