import { Buffer } from "node:buffer";
import { JsonFault, JsonReader } from "../../json-reader.ts";
import type { Metadata } from "../../store.ts";

/**
 * What the data of an object carries with it, as user metadata at the backend. Data and `dare.meta` are two objects, so
 * a write that is cut off between the two would leave new bytes under old keys: then the stamp has the right ones.
 */
export interface Stamp {
  /** The same as in the `dare.meta` that belongs to these bytes. */
  readonly write: string;
  /** Of the object; `undefined` for a multipart object, whose metadata lies with its upload. */
  readonly metadata: Metadata | undefined;
}

const HEADER = "x-amz-meta-minio-ts";
const NAME = "X-Amz-Meta-Minio-Ts";
/** S3 lets an object have 2 KiB of user metadata. */
const ROOM = 1900;

/** The header that puts a stamp on data. */
export function stampHeaders({ write, metadata }: Stamp): Record<string, string> {
  const whole = encode(write, metadata);
  if (whole.length <= ROOM || metadata === undefined) return { [HEADER]: whole };
  // What a client said of its object may get lost with the answer to it; the keys may not.
  const keys = Object.entries(metadata).filter(([name]) => name.startsWith("X-Minio-Internal-"));
  return { [HEADER]: encode(write, Object.fromEntries(keys)) };
}

/** The stamp on data. `undefined` for data that MinIO wrote, which has none. */
export function stampOf(metadata: Metadata): Stamp | undefined {
  const text = metadata[NAME];
  if (text === undefined) return undefined;
  try {
    const json = JsonReader.parse(Buffer.from(text, "base64").toString("utf8"));
    return { write: json.text("write"), metadata: json.optionalTexts("meta") };
  } catch (thrown) {
    if (thrown instanceof JsonFault) return undefined;
    throw thrown;
  }
}

function encode(write: string, meta: Metadata | undefined): string {
  return Buffer.from(JSON.stringify({ write, ...(meta === undefined ? {} : { meta }) })).toString("base64");
}
