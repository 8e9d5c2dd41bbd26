// A conversation as a text that somebody keeps.

const BREAKS = /\r\n|[\n\v\f\r\u0085\u2028\u2029]/g;

/** What follows a line break is not to be read as somebody else's line. */
const whole = (text: string): string => text.replace(BREAKS, "\n    ");

export interface Happened {
  at: number;
  /** Who, and what. */
  text: string;
}

/** `time` writes a time as people here do. */
export function writtenDown(
  title: string,
  all: readonly Happened[],
  time: (at: number) => string,
): string {
  const lines = all.map(({ at, text }) => `${time(at)}  ${whole(text)}`);
  return [whole(title), "", ...lines, ""].join("\n");
}
