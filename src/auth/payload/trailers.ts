import { S3Error } from "../../errors/s3-error.ts";
import type { RequestHeaders } from "../../http/headers.ts";

const SIGNATURE = "x-amz-trailer-signature";

/** A name and a value without a blank within: checksums and signatures have none, and whatever else is there is damage. */
const LINE = /^([!-9;-~]+):[ \t]*([!-~]*)$/;

/** The trailing lines of a chunked body, taken apart. */
export interface Trailers {
  /** Without the signature; lower-case names. */
  readonly values: ReadonlyMap<string, string>;
  /** What the signature of the trailers covers: `name:value\n` for each. */
  readonly covered: string;
  /** The value of `x-amz-trailer-signature`. */
  readonly signature: string | undefined;
}

/** Names that `x-amz-trailer` announces: lower case, each once. */
export function announcedTrailers(headers: RequestHeaders): readonly string[] {
  const text = headers.get("x-amz-trailer");
  if (text === undefined) return [];
  const names = text.toLowerCase().split(",").map((name) => name.trim());
  return [...new Set(names)].filter((name) => name !== "");
}

/**
 * Reads the trailing lines of a body, which must be those that were announced, each once. A signature comes last.
 * @throws S3Error MalformedTrailerError
 */
export function readTrailers(lines: readonly string[], announced: readonly string[]): Trailers {
  const values = new Map<string, string>();
  let covered = "";
  let signature: string | undefined;
  for (const line of lines) {
    const [, given, value] = LINE.exec(line) ?? [];
    if (given === undefined || value === undefined || signature !== undefined) {
      throw new S3Error("MalformedTrailerError");
    }
    const name = given.toLowerCase();
    if (name === SIGNATURE) {
      signature = value;
      continue;
    }
    if (!announced.includes(name) || values.has(name)) throw new S3Error("MalformedTrailerError");
    values.set(name, value);
    covered += `${name}:${value}\n`;
  }
  if (values.size !== announced.length) throw new S3Error("MalformedTrailerError");
  return { values, covered, signature };
}
