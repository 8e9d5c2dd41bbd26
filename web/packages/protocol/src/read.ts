// Small readers for hostile JSON. A reader gives back a value of its type, or throws Refused.

export type Read<T> = (value: unknown) => T;

/** What arrived is not of the wire's shape. Says nothing of the content. */
export class Refused extends Error {
  constructor() {
    super("not understood");
  }
}

const encoder = new TextEncoder();

/** Bytes of UTF-8: limits are measured as Rust measures them. */
export const bytes = (text: string): number => encoder.encode(text).length;

const accept = <T>(fits: boolean, value: unknown): T => {
  if (!fits) {
    throw new Refused();
  }
  return value as T;
};

export const bool: Read<boolean> = (value) => accept(typeof value === "boolean", value);

/** Half a character, which only JavaScript takes for a text. */
const HALVES = /\p{Surrogate}/gu;

/** The text as everybody can read it. */
export const wellFormed = (text: string): string => text.replace(HALVES, "\ufffd");

/* @__NO_SIDE_EFFECTS__ */
export const text =
  (max: number, pattern?: RegExp): Read<string> =>
  (value) =>
    accept(
      typeof value === "string" &&
        bytes(value) <= max &&
        wellFormed(value) === value &&
        (!pattern || pattern.test(value)),
      value,
    );

/* @__NO_SIDE_EFFECTS__ */
export const within =
  (min: number, max: number): Read<number> =>
  (value) =>
    accept(Number.isInteger(value) && (value as number) >= min && (value as number) <= max, value);

/* @__NO_SIDE_EFFECTS__ */
export const whole = (max: number): Read<number> => within(0, max);

/* @__NO_SIDE_EFFECTS__ */
export const list =
  <T>(read: Read<T>, max: number): Read<T[]> =>
  (value) =>
    accept<unknown[]>(Array.isArray(value) && value.length <= max, value).map(read);

/** Absent and null are the same. */
/* @__NO_SIDE_EFFECTS__ */
export const optional =
  <T>(read: Read<T>): Read<T | undefined> =>
  (value) =>
    value === undefined || value === null ? undefined : read(value);

/** Absent and null are this. */
/* @__NO_SIDE_EFFECTS__ */
export const otherwise =
  <T>(read: Read<T>, value: T): Read<T> =>
  (found) =>
    found === undefined || found === null ? value : read(found);

const object = (value: unknown): Record<string, unknown> =>
  accept(typeof value === "object" && value !== null && !Array.isArray(value), value);

/* @__NO_SIDE_EFFECTS__ */
export const map =
  (key: RegExp, read: Read<number>, max: number): Read<Record<string, number>> =>
  (value) => {
    const entries = Object.entries(object(value));
    accept(entries.length <= max && entries.every(([name]) => key.test(name)), null);
    return Object.fromEntries(entries.map(([name, number]) => [name, read(number)]));
  };

/** One of these words; any other is a word of a newer version. */
/* @__NO_SIDE_EFFECTS__ */
export const word =
  <W extends string>(...words: Exclude<W, "unknown">[]): Read<W> =>
  (value) =>
    (words.includes(accept(typeof value === "string", value)) ? value : "unknown") as W;

/** A reader for each field; one that may be absent reads as undefined. */
type Fields<T> = {
  [K in keyof T]-?: Read<
    undefined extends T[K] ? T[K] : T[K] | (object extends Pick<T, K> ? undefined : never)
  >;
};

/** The fields that are known; others are of a newer version and passed over. */
/* @__NO_SIDE_EFFECTS__ */
export const record =
  <T extends object>(fields: Fields<T>): Read<T> =>
  (value) => {
    const from = object(value);
    const read: Record<string, unknown> = {};
    for (const name of Object.keys(fields)) {
      const field = fields[name as keyof T](from[name]);
      if (field !== undefined) {
        read[name] = field;
      }
    }
    return read as T;
  };

type Variants<T, Tag extends keyof T & string> = {
  [K in Exclude<T[Tag] & string, "unknown">]: Fields<Omit<Extract<T, { [key in Tag]: K }>, Tag>>;
};

/** A union told apart by its tag; an unknown tag is of a newer version. */
/* @__NO_SIDE_EFFECTS__ */
export const union =
  <T, Tag extends keyof T & string>(tag: Tag, variants: Variants<T, Tag>): Read<T> =>
  (value) => {
    const name = accept<string>(typeof object(value)[tag] === "string", object(value)[tag]);
    if (!Object.hasOwn(variants, name)) {
      return { [tag]: "unknown" } as T;
    }
    const fields = (variants as Record<string, Fields<object>>)[name] ?? {};
    return { [tag]: name, ...record(fields)(value) } as T;
  };

/** Reads one frame; null if it is too long, not JSON, or not understood. */
export function decode<T>(read: Read<T>, frame: string, max: number): T | null {
  if (frame.length > max || bytes(frame) > max) {
    return null;
  }
  try {
    return read(JSON.parse(frame));
  } catch {
    return null;
  }
}
