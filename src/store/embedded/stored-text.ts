/**
 * Text as it rests in SQLite: U+0000 becomes U+0001 U+0001 and U+0001 becomes U+0001 U+0002. Node and Deno cut a column's
 * text at its first NUL. The replacement keeps byte order and prefixes, so that stored keys sort and scan like keys.
 */
export function toStored(text: string): string {
  return ESCAPED.test(text) ? text.replace(ALL_ESCAPED, (c) => c === "\0" ? "\x01\x01" : "\x01\x02") : text;
}

/** The text that `toStored` was given. */
export function fromStored(stored: string): string {
  return stored.includes("\x01")
    ? stored.replace(ALL_PAIRS, (pair) => pair === "\x01\x01" ? "\0" : "\x01")
    : stored;
}

/**
 * The least stored text above every text that starts with `prefix`, or a value above all texts when there is none
 * (SQLite sorts every BLOB after every TEXT).
 */
export function pastPrefix(prefix: string): string | Uint8Array {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    if (last < 0x10ffff) {
      return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1);
    }
  }
  return ABOVE_ALL_TEXT;
}

/** Sorts after every text in SQLite. */
export const ABOVE_ALL_TEXT: Uint8Array = Uint8Array.of(0);

// deno-lint-ignore no-control-regex -- these are the characters that the escape is about
const ESCAPED = /[\0\x01]/;
// deno-lint-ignore no-control-regex -- as above
const ALL_ESCAPED = /[\0\x01]/g;
// deno-lint-ignore no-control-regex -- as above
const ALL_PAIRS = /\x01[\x01\x02]/g;
