import type { ListedObject } from "../../store/store.ts";
import { OWNER } from "../owner.ts";
import { escapeXml, Xml } from "../../xml/xml-writer.ts";
import { DateWriter } from "./date-writer.ts";

/**
 * The `Contents` elements of a listing. A page has up to 1000 of them and is what listing spends its time on, so
 * they are written as text in one go instead of element by element.
 * @param etags ETags as the client sees them, in the order of `objects`
 */
export function contentsXml(
  objects: readonly ListedObject[],
  etags: readonly string[],
  encode: (key: string) => string,
  withOwner: boolean,
): Xml {
  return entriesXml("Contents", objects, etags, encode, withOwner ? OWNER.text : "");
}

/** The same as `Version` elements: each object is the one version that its key has, which S3 calls `null`. */
export function versionsXml(
  objects: readonly ListedObject[],
  etags: readonly string[],
  encode: (key: string) => string,
): Xml {
  const version = `${OWNER.text}<VersionId>null</VersionId><IsLatest>true</IsLatest>`;
  return entriesXml("Version", objects, etags, encode, version);
}

/** @param ending elements that all entries have in common */
function entriesXml(
  name: "Contents" | "Version",
  objects: readonly ListedObject[],
  etags: readonly string[],
  encode: (key: string) => string,
  ending: string,
): Xml {
  const end = `</StorageClass>${ending}</${name}>`;
  const dates = new DateWriter();
  let text = "";
  for (let i = 0; i < objects.length; i++) {
    const object = objects[i];
    if (object === undefined) break;
    const etag = escapeXml(etags[i] ?? object.etag);
    text += `<${name}><Key>${escapeXml(encode(object.key))}</Key><LastModified>${
      dates.write(object.lastModified)
    }</LastModified><ETag>&#34;${etag}&#34;</ETag>${
      checksumXml(object)
    }<Size>${object.size}</Size><StorageClass>${
      object.storageClass === undefined ? "STANDARD" : escapeXml(object.storageClass)
    }${end}`;
  }
  return new Xml(text);
}

function checksumXml({ checksum }: ListedObject): string {
  if (checksum === undefined) return "";
  return `<ChecksumAlgorithm>${checksum.algorithm}</ChecksumAlgorithm><ChecksumType>${checksum.type}</ChecksumType>`;
}
