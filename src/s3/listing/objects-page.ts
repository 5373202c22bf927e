import { S3Error } from "../../errors/s3-error.ts";
import type { QueryParameters } from "../../http/query.ts";
import type { ObjectPage } from "../../store/store.ts";
import type { Call } from "../operation.ts";
import { element, join, type Xml } from "../../xml/xml-writer.ts";
import { type KeyEncoding, keyEncoding } from "./encoding.ts";
import { pageSize } from "./page-size.ts";

/** What ListObjects, in both versions, and ListObjectVersions are asked. */
export interface ObjectsQuery {
  readonly prefix: string;
  /** `""` for none. */
  readonly delimiter: string;
  /** 0 to 1000. */
  readonly maxKeys: number;
  readonly encoding: KeyEncoding;
}

/** A page of the store with the ETags that the client sees, in the order of its objects. */
export interface ObjectsPage extends ObjectPage {
  readonly etags: readonly string[];
}

/** Query names that all of them understand. */
export const OBJECTS_PARAMETERS = ["prefix", "delimiter", "max-keys", "encoding-type"] as const;

/** The most keys and common prefixes of one page. */
const MAX_KEYS = 1000;

/** @throws S3Error InvalidArgument */
export function parseObjectsQuery(query: QueryParameters): ObjectsQuery {
  return {
    prefix: query.get("prefix") ?? "",
    delimiter: query.get("delimiter") ?? "",
    maxKeys: pageSize(query, "max-keys", MAX_KEYS),
    encoding: keyEncoding(query),
  };
}

/**
 * The page of a bucket after `after`. A page of no keys at all is never truncated.
 * @throws S3Error NoSuchBucket
 */
export async function readObjectsPage(call: Call, query: ObjectsQuery, after: string): Promise<ObjectsPage> {
  const { bucket } = call.request;
  const { prefix, delimiter, maxKeys } = query;
  if (maxKeys === 0) {
    if (await call.store.getBucket(bucket) === undefined) throw new S3Error("NoSuchBucket");
    return { objects: [], prefixes: [], etags: [] };
  }
  const page = await call.store.listObjects({ bucket, prefix, delimiter, after, limit: maxKeys });
  return { ...page, etags: await call.sse.listedEtags(page.objects, bucket) };
}

/** `Delimiter`, `EncodingType`, the entries of the objects and the common prefixes: what all their answers end with. */
export function objectsPageXml(page: ObjectsPage, query: ObjectsQuery, entries: Xml): Xml {
  const { encode, xml } = query.encoding;
  return join([
    query.delimiter === "" ? undefined : element("Delimiter", encode(query.delimiter)),
    xml,
    entries,
    ...page.prefixes.map((prefix) => element("CommonPrefixes", element("Prefix", encode(prefix)))),
  ]);
}
