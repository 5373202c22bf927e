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
  const ending = `<StorageClass>STANDARD</StorageClass>${withOwner ? OWNER.text : ""}</Contents>`;
  const dates = new DateWriter();
  let text = "";
  for (let i = 0; i < objects.length; i++) {
    const object = objects[i];
    if (object === undefined) break;
    const etag = escapeXml(etags[i] ?? object.etag);
    text += `<Contents><Key>${escapeXml(encode(object.key))}</Key><LastModified>${
      dates.write(object.lastModified)
    }</LastModified><ETag>&#34;${etag}&#34;</ETag>${checksumXml(object)}<Size>${object.size}</Size>${ending}`;
  }
  return new Xml(text);
}

function checksumXml({ checksum }: ListedObject): string {
  if (checksum === undefined) return "";
  return `<ChecksumAlgorithm>${checksum.algorithm}</ChecksumAlgorithm><ChecksumType>${checksum.type}</ChecksumType>`;
}
