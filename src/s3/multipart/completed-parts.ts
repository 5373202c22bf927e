import { S3Error } from "../../errors/s3-error.ts";
import { CHECKSUM_ALGORITHMS, type ChecksumAlgorithm } from "../../store/store.ts";
import { checksumElement } from "../checksums.ts";
import { unquoteEtag } from "../etag.ts";
import { MAX_PART_NUMBER, parsePartNumber } from "../range.ts";
import { childrenOf, childText, parseXml, requiredText, type XmlNode } from "../../xml/xml-parser.ts";

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
 * @throws S3Error MalformedXML, also for no parts or more than 10,000; InvalidArgument, InvalidPartOrder
 */
export function parsePartList(bytes: Uint8Array): readonly NamedPart[] {
  const nodes = childrenOf(parseXml(bytes, "CompleteMultipartUpload"), "Part");
  if (nodes.length === 0 || nodes.length > MAX_PART_NUMBER) throw new S3Error("MalformedXML");
  const parts = nodes.map(namedPart);
  let previous = 0;
  for (const { number } of parts) {
    if (number <= previous) throw new S3Error("InvalidPartOrder");
    previous = number;
  }
  return parts;
}

function namedPart(node: XmlNode): NamedPart {
  const checksums = new Map<ChecksumAlgorithm, string>();
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const value = childText(node, checksumElement(algorithm))?.trim() ?? "";
    if (value !== "") checksums.set(algorithm, value);
  }
  return {
    number: parsePartNumber(requiredText(node, "PartNumber").trim()),
    etag: unquoteEtag(requiredText(node, "ETag")),
    checksums,
  };
}
