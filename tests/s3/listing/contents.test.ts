import { expect, test } from "bun:test";
import fc from "fast-check";
import { contentsXml } from "../../../src/s3/listing/contents.ts";
import { childrenOf, childText, parseXml } from "../../../src/xml/xml-parser.ts";
import { document } from "../../../src/xml/xml-writer.ts";
import { xmlText } from "../xml-text.ts";

const same = (key: string) => key;

test("An entry has key, date, quoted ETag, size and class, as AWS orders them", () => {
  const object = { key: "a&b", size: 5, etag: "hidden", lastModified: 1_000_000_000_123 };
  expect(contentsXml([object], ["shown"], same, false).text).toBe(
    "<Contents><Key>a&amp;b</Key><LastModified>2001-09-09T01:46:40.123Z</LastModified>" +
      "<ETag>&#34;shown&#34;</ETag><Size>5</Size><StorageClass>STANDARD</StorageClass></Contents>",
  );
});

test("An entry tells its checksum, class and owner where it has to", () => {
  const checksum = { algorithm: "CRC32C", type: "COMPOSITE" } as const;
  const object = { key: "k", size: 0, etag: "e", lastModified: 0, checksum, storageClass: "GLACIER" };
  const { text } = contentsXml([object], ["e"], same, true);
  expect(text).toContain(
    "</ETag><ChecksumAlgorithm>CRC32C</ChecksumAlgorithm><ChecksumType>COMPOSITE</ChecksumType><Size>0</Size>",
  );
  expect(text).toContain(
    "<StorageClass>GLACIER</StorageClass><Owner><ID>02d6176db174dc93cb1b899f7c6078f08654445fe8cf1b6ce98d8855f66bdbf4</ID>" +
      "<DisplayName>minio</DisplayName></Owner></Contents>",
  );
});

test("Keys and ETags that XML can carry are read back, and no key can forge an element", () => {
  const key = fc.oneof(xmlText, fc.constantFrom("</Key><Key>x", "]]>", "&amp;", "a\r\nb", "<!--"));
  fc.assert(fc.property(fc.array(fc.tuple(key, key)), (pairs) => {
    const objects = pairs.map(([key]) => ({ key, size: 1, etag: "", lastModified: 0 }));
    const xml = contentsXml(objects, pairs.map(([, etag]) => etag), same, false);
    const entries = childrenOf(parseXml(document("List", xml), "List"), "Contents");
    expect(entries.map((entry) => childText(entry, "Key"))).toEqual(pairs.map(([key]) => key));
    expect(entries.map((entry) => childText(entry, "ETag"))).toEqual(pairs.map(([, etag]) => `"${etag}"`));
  }));
});
