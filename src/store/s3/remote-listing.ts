import { S3Error } from "../../errors/s3-error.ts";
import { childrenOf, childText, requiredText, type XmlNode } from "../../xml/xml-parser.ts";
import { CHECKSUM_ALGORITHMS, type ListedObject } from "../store.ts";
import type { Backend } from "./client/backend.ts";
import { foreign } from "./client/foreign.ts";
import { flag, readDocument, timeOf, urlDecoded } from "./remote-document.ts";
import { unquoted } from "./remote-object.ts";
import { compareUtf8 } from "../utf8-order.ts";

/** The most that S3 lists at once. */
export const MOST_LISTED = 1000;
/** Room for so many keys of 1024 bytes, each of them escaped. */
const MAX_DOCUMENT = 8 * 2 ** 20;

/** What to list. */
export interface RemoteListQuery {
  readonly bucket: string;
  readonly prefix: string;
  /** `""` for none. */
  readonly delimiter: string;
  /** Only names after this one; `""` from the start. */
  readonly after: string;
  /** 1 to `MOST_LISTED`. */
  readonly limit: number;
}

/** Objects and common prefixes as the backend has them. */
export interface RemotePage {
  readonly objects: readonly ListedObject[];
  readonly prefixes: readonly string[];
  readonly truncated: boolean;
}

/**
 * One page of a listing of a backend. Whoever asks for what is behind its last name gets on, and misses nothing.
 * @throws S3Error NoSuchBucket; InternalError for a page in another order that is not the last
 */
export async function remotePage(backend: Backend, query: RemoteListQuery): Promise<RemotePage> {
  const { bucket, prefix, delimiter, after, limit } = query;
  const document = await backend.document({
    method: "GET",
    bucket,
    query: [
      ["list-type", "2"],
      ["encoding-type", "url"],
      ["max-keys", String(limit)],
      ["prefix", prefix],
      ...(delimiter === "" ? [] : [["delimiter", delimiter] as const]),
      ...(after === "" ? [] : [["start-after", after] as const]),
    ],
    repeatable: true,
  }, MAX_DOCUMENT);
  const page = readDocument(document, "ListBucketResult", (root) => {
    const decode = urlDecoded(root);
    const prefixes = delimiter === "" ? [] : childrenOf(root, "CommonPrefixes");
    return {
      objects: childrenOf(root, "Contents").map((node) => listedObject(node, decode)),
      prefixes: prefixes.map((node) => decode(requiredText(node, "Prefix"))),
      truncated: flag(root, "IsTruncated"),
    };
  });
  if (page.truncated && !leadsOn(page, after)) throw foreign("a listing without end or out of order");
  return page;
}

/** All objects of a backend whose names begin with a prefix. @throws S3Error as `remotePage` */
export async function allObjects(
  backend: Backend,
  bucket: string,
  prefix: string,
): Promise<readonly ListedObject[]> {
  const objects: ListedObject[] = [];
  for (;;) {
    const after = objects.at(-1)?.key ?? "";
    const page = await remotePage(backend, { bucket, prefix, delimiter: "", after, limit: MOST_LISTED });
    objects.push(...page.objects);
    if (!page.truncated) return objects;
  }
}

function leadsOn({ objects, prefixes }: RemotePage, after: string): boolean {
  const [first = ""] = prefixes;
  const isBegun = first !== "" && first !== after && after.startsWith(first);
  return objects.length + prefixes.length > 0 &&
    isAscending([after, ...objects.map(({ key }) => key)]) &&
    isAscending(isBegun ? prefixes : [after, ...prefixes]);
}

function isAscending(names: readonly string[]): boolean {
  return names.every((name, i) => i === 0 || compareUtf8(names[i - 1] ?? "", name) < 0);
}

function listedObject(node: XmlNode, decode: (text: string) => string): ListedObject {
  const size = Number(requiredText(node, "Size").trim());
  if (!Number.isSafeInteger(size) || size < 0) throw new S3Error("MalformedXML");
  const [named] = childrenOf(node, "ChecksumAlgorithm");
  const algorithm = CHECKSUM_ALGORITHMS.find((name) => name === named?.text);
  const storageClass = childText(node, "StorageClass");
  const type = childText(node, "ChecksumType") === "COMPOSITE" ? "COMPOSITE" : "FULL_OBJECT";
  return {
    key: decode(requiredText(node, "Key")),
    size,
    etag: unquoted(requiredText(node, "ETag")),
    lastModified: timeOf(childText(node, "LastModified")),
    ...(storageClass === undefined || /^(|STANDARD)$/.test(storageClass) ? {} : { storageClass }),
    ...(algorithm === undefined ? {} : { checksum: { algorithm, type } }),
  };
}
