import { S3Error } from "../../errors/s3-error.ts";
import type { RequestHeaders } from "../../http/headers.ts";
import type { ObjectView } from "../../sse/sse.ts";
import type { ObjectPart, ObjectRecord } from "../../store/store.ts";
import { checksumElement } from "../checksums.ts";
import { httpDate } from "../dates.ts";
import { storageClass } from "../object-headers.ts";
import { operation } from "../operation.ts";
import { refuseMissingKey } from "../read-object.ts";
import { checkVersionId } from "../version-id.ts";
import { document, element, type Xml } from "../../xml/xml-writer.ts";

const ATTRIBUTES = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"];
const MAX_PARTS = 1000;

interface AttributesRequest {
  readonly attributes: ReadonlySet<string>;
  /** Most parts in the answer. */
  readonly maxParts: number;
  /** Only parts with a higher number. */
  readonly after: number;
}

/** GetObjectAttributes: what is known of an object, without its bytes. */
export const getObjectAttributes = operation<
  AttributesRequest,
  { readonly record: ObjectRecord; readonly view: ObjectView }
>({
  name: "GetObjectAttributes",
  method: "GET",
  level: "object",
  selectors: ["attributes"],
  parameters: ["versionId"],
  action: "s3:GetObjectAttributes",

  parse({ request: { headers, query } }) {
    checkVersionId(query.get("versionId"));
    return {
      attributes: wantedAttributes(headers),
      maxParts: Math.min(count(headers, "x-amz-max-parts") ?? MAX_PARTS, MAX_PARTS),
      after: count(headers, "x-amz-part-number-marker") ?? 0,
    };
  },

  async handle(_input, call) {
    const { bucket, key, headers, secure } = call.request;
    await call.authorise("s3:GetObject", bucket, key);
    const sse = { headers, secure, bucket, key };
    const record = await call.store.head(bucket, key, call.sse.forRead(sse));
    if (record === undefined) return await refuseMissingKey(call, bucket);
    return { record, view: await call.sse.view(sse, record) };
  },

  reply({ record, view }, { attributes, ...page }) {
    const content: Xml[] = [];
    if (attributes.has("ETag")) content.push(element("ETag", view.etag));
    if (attributes.has("Checksum")) content.push(...checksum(record, view));
    if (attributes.has("ObjectParts")) content.push(...objectParts(record, view, page));
    if (attributes.has("StorageClass")) content.push(element("StorageClass", storageClass(record.metadata)));
    if (attributes.has("ObjectSize")) content.push(element("ObjectSize", record.size));
    return {
      status: 200,
      headers: {
        "Content-Type": "application/xml",
        "Last-Modified": httpDate(record.lastModified),
        ...view.replyHeaders,
      },
      body: document("GetObjectAttributesResponse", content),
    };
  },
});

function wantedAttributes(headers: RequestHeaders): ReadonlySet<string> {
  const wanted = (headers.get("x-amz-object-attributes") ?? "").split(",")
    .map((name) => name.trim()).filter((name) => name !== "");
  if (wanted.length > 0 && wanted.every((name) => ATTRIBUTES.includes(name))) return new Set(wanted);
  throw new S3Error("InvalidArgument", {
    message: "Invalid attribute name specified.",
    fields: { ArgumentName: "x-amz-object-attributes", ArgumentValue: wanted.join(",") },
  });
}

function count(headers: RequestHeaders, name: string): number | undefined {
  const value = headers.get(name);
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value);
  throw new S3Error("InvalidArgument", {
    message: `Provided ${name} not an integer or within integer range`,
    fields: { ArgumentName: name, ArgumentValue: value },
  });
}

function checksum({ checksum }: ObjectRecord, view: ObjectView): readonly Xml[] {
  if (checksum === undefined || view.checksum === undefined) return [];
  return [element("Checksum", [
    element(checksumElement(checksum.algorithm), view.checksum),
    element("ChecksumType", checksum.type),
  ])];
}

/** Parts of a multipart object. As in S3 they are listed one by one only where they carry checksums. */
function objectParts(
  record: ObjectRecord,
  view: ObjectView,
  { maxParts, after }: Omit<AttributesRequest, "attributes">,
): readonly Xml[] {
  const { parts } = record;
  if (parts.length === 0) return [];
  const total = element("PartsCount", parts.length);
  const { checksum } = record;
  if (checksum === undefined || parts.some((part) => part.checksum === undefined)) {
    return [element("ObjectParts", [total])];
  }
  const name = checksumElement(checksum.algorithm);
  const remaining = parts.filter((part) => part.number > after);
  const page = remaining.slice(0, maxParts);
  return [element("ObjectParts", [
    total,
    element("PartNumberMarker", after),
    element("NextPartNumberMarker", page.at(-1)?.number ?? after),
    element("MaxParts", maxParts),
    element("IsTruncated", page.length < remaining.length),
    ...page.map((part) => partElement(part, name, view)),
  ])];
}

function partElement({ number, size, checksum }: ObjectPart, name: string, view: ObjectView): Xml {
  return element("Part", [
    element("PartNumber", number),
    element("Size", size),
    ...(checksum === undefined ? [] : [element(name, view.openChecksum(checksum))]),
  ]);
}
