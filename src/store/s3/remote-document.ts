import { Buffer } from "node:buffer";
import { S3Error } from "../../errors/s3-error.ts";
import { percentDecode } from "../../http/percent.ts";
import { childText, parseAnswer, type XmlNode } from "../../xml/xml-parser.ts";

/**
 * Reads a document of a backend.
 * @param root the name that its root has, or names that it may have
 * @throws S3Error InternalError when it is not the one that was asked for
 */
export function readDocument<T>(
  bytes: Uint8Array,
  root: string | readonly string[],
  read: (root: XmlNode) => T,
): T {
  const [name = "", ...others] = typeof root === "string" ? [root] : root;
  try {
    return read(parseAnswer(bytes, name));
  } catch (thrown) {
    if (!(thrown instanceof S3Error)) throw thrown;
    if (others.length > 0) return readDocument(bytes, others, read);
    throw new S3Error("InternalError", {
      cause: new Error(`the backend sent no ${name}`, { cause: thrown }),
    });
  }
}

/** Decodes names of a listing that was asked for with `encoding-type=url`, where the backend heeded it. */
export function urlDecoded(root: XmlNode): (text: string) => string {
  if (childText(root, "EncodingType") !== "url") return (text) => text;
  return (text) => percentDecode(text.replaceAll("+", " "));
}

/** A truth value of a document. */
export function flag(root: XmlNode, name: string): boolean {
  return childText(root, name)?.trim() === "true";
}

/** Milliseconds since the epoch of a date in a document; 0 for none. */
export function timeOf(text: string | undefined): number {
  const time = Date.parse(text ?? "");
  return Number.isNaN(time) ? 0 : time;
}

/**
 * The text of the one element of a document that matters. Answers to uploads repeat the key as it is, which may hold
 * characters that XML has no way to write, and no parser takes.
 * @throws S3Error InternalError when there is none
 */
export function elementText(bytes: Uint8Array, name: string): string {
  const document = Buffer.from(bytes).toString("utf8");
  const [, text] = new RegExp(`<${name}>([^<]*)</${name}>`).exec(document) ?? [];
  if (text !== undefined) return unescapeXml(text).trim();
  throw new S3Error("InternalError", { cause: new Error(`the backend sent no ${name}`) });
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"],
  ["#34", '"'],
  ["#39", "'"],
]);

function unescapeXml(text: string): string {
  return text.replace(/&([a-z]+|#\d+);/g, (entity, name: string) => ENTITIES.get(name) ?? entity);
}
