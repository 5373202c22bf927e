import { S3Error } from "../../errors/s3-error.ts";
import type { ChecksumAlgorithm } from "../../store/store.ts";
import { CHECKSUM_ALGORITHMS, checksumElement } from "../checksums.ts";
import { unquoteEtag } from "../etag.ts";
import { MAX_PART_NUMBER } from "../range.ts";
import { childrenOf, childText, parseXml, requiredText, type XmlNode } from "../xml-parser.ts";

/** Bytes that a list of 10,000 parts with a checksum each may take. */
export const MAX_PART_LIST = 4 * 2 ** 20;

/** A part as CompleteMultipartUpload names it. */
export interface NamedPart {
  readonly number: number;
  /** Without quotes. */
  readonly etag: string;
  /** Checksums by algorithm, base64. */
  readonly checksums: ReadonlyMap<ChecksumAlgorithm, string>;
}

/**
 * The list of parts in the body of CompleteMultipartUpload.
 * @throws S3Error MalformedXML, InvalidPartOrder
 */
export function parsePartList(bytes: Uint8Array): readonly NamedPart[] {
  const parts = childrenOf(parseXml(bytes, "CompleteMultipartUpload"), "Part").map(namedPart);
  if (parts.length === 0 || parts.length > MAX_PART_NUMBER) throw new S3Error("MalformedXML");
  let previous = 0;
  for (const { number } of parts) {
    if (number <= previous) throw new S3Error("InvalidPartOrder");
    previous = number;
  }
  return parts;
}

function namedPart(node: XmlNode): NamedPart {
  const digits = requiredText(node, "PartNumber").trim();
  const number = /^\d{1,9}$/.test(digits) ? Number(digits) : 0;
  if (number < 1 || number > MAX_PART_NUMBER) {
    throw new S3Error("InvalidArgument", {
      message: `PartNumber must be an integer between 1 and ${MAX_PART_NUMBER}`,
      fields: { ArgumentName: "partNumber", ArgumentValue: digits },
    });
  }
  const checksums = new Map<ChecksumAlgorithm, string>();
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const value = childText(node, checksumElement(algorithm));
    if (value !== undefined) checksums.set(algorithm, value);
  }
  return { number, etag: unquoteEtag(requiredText(node, "ETag").trim()), checksums };
}
