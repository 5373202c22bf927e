import { type ConditionValues, isConditionKey } from "./condition-keys.ts";
import { malformedPolicy } from "./malformed.ts";

const ANY = Symbol("one character");
const STAR = Symbol("any characters");

/** `${aws:username}`, with what stands for it when the request has none. */
interface Variable {
  readonly key: string;
  readonly fallback: string | undefined;
}

type FilledPiece = string | typeof ANY | typeof STAR;

/** Text of a policy cut into literal text, wildcards and variables. */
export type Pattern = readonly (FilledPiece | Variable)[];

/** A pattern whose variables have their values, which count as literal text. */
export type FilledPattern = readonly FilledPiece[];

/** Which signs of a text are more than themselves. */
export interface PatternSyntax {
  /** `*` and `?`. */
  readonly wildcards: boolean;
  /** `${key}`, `${key, 'fallback'}`, and `${*}`, `${?}`, `${$}` for the bare signs. */
  readonly variables: boolean;
}

/** Reads a pattern. @throws S3Error MalformedPolicy for a variable that is not known */
export function parsePattern(text: string, { wildcards, variables }: PatternSyntax): Pattern {
  const pieces: (FilledPiece | Variable)[] = [];
  let literal = "";
  for (const [token] of text.matchAll(variables ? /\$\{[^{}]*\}|[^]/gu : /[^]/gu)) {
    const piece = token.startsWith("${") ? readVariable(token.slice(2, -1)) : wildcards ? sign(token) : token;
    if (typeof piece === "string") {
      literal += piece;
      continue;
    }
    if (literal !== "") pieces.push(literal);
    literal = "";
    pieces.push(piece);
  }
  if (literal !== "") pieces.push(literal);
  return pieces;
}

function sign(character: string): FilledPiece {
  return character === "*" ? STAR : character === "?" ? ANY : character;
}

function readVariable(inner: string): string | Variable {
  if (inner === "*" || inner === "?" || inner === "$") return inner;
  const comma = inner.indexOf(",");
  const key = (comma < 0 ? inner : inner.slice(0, comma)).trim().toLowerCase();
  const fallback = comma < 0 ? undefined : /^'([^']*)'$/.exec(inner.slice(comma + 1).trim())?.[1];
  if (!isConditionKey(key) || (comma >= 0 && fallback === undefined)) {
    throw malformedPolicy(`Policy has an invalid variable: \${${inner}}`);
  }
  return { key, fallback };
}

/** Puts the values of a request in place of the variables; `undefined` when one of them has no value. */
export function fillIn(pattern: Pattern, valuesOf: ConditionValues): FilledPattern | undefined {
  const filled: FilledPiece[] = [];
  for (const piece of pattern) {
    if (typeof piece !== "object") {
      filled.push(piece);
      continue;
    }
    const value = valuesOf(piece.key)[0] ?? piece.fallback;
    if (value === undefined) return undefined;
    filled.push(value);
  }
  return filled;
}

/**
 * Whether a text matches as a whole. Only the latest `*` is ever taken back, so the work is bounded by the length
 * of the pattern times the length of the text, whatever they are.
 */
export function matchesPattern(pattern: FilledPattern, text: string): boolean {
  let piece = 0;
  let at = 0;
  let afterStar = -1;
  let starEnd = 0;
  while (true) {
    const wanted = pattern[piece];
    if (wanted === STAR) {
      afterStar = ++piece;
      starEnd = at;
      continue;
    }
    if (wanted === undefined && at === text.length) return true;
    const next = wanted === undefined ? -1 : stepOver(wanted, text, at);
    if (next >= 0) {
      at = next;
      piece++;
    } else {
      if (afterStar < 0 || starEnd === text.length) return false;
      starEnd += characterLength(text, starEnd);
      at = starEnd;
      piece = afterStar;
    }
  }
}

/** Whether any text that begins like this could match; a variable may stand for nothing of it. */
export function couldBegin(pattern: Pattern, beginning: string): boolean {
  let at = 0;
  for (const piece of pattern) {
    if (at >= beginning.length || piece === STAR) return true;
    if (typeof piece === "object") return false;
    const rest = beginning.slice(at);
    if (typeof piece === "string" && piece.startsWith(rest)) return true;
    at = stepOver(piece, beginning, at);
    if (at < 0) return false;
  }
  return at >= beginning.length;
}

/** Where the text goes on after this piece, -1 when the piece is not what stands there. */
function stepOver(wanted: string | typeof ANY, text: string, at: number): number {
  if (wanted === ANY) return at < text.length ? at + characterLength(text, at) : -1;
  return text.startsWith(wanted, at) ? at + wanted.length : -1;
}

/** UTF-16 units of the character at an index: 2 for a surrogate pair. */
function characterLength(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}
