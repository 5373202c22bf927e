import { expect, test } from "bun:test";
import fc from "fast-check";
import { MAX_PART_LIST, parsePartList } from "../../../src/s3/multipart/completed-parts.ts";
import { failure } from "../failure.ts";

const parse = (text: string) => parsePartList(new TextEncoder().encode(text));
const list = (inner: string) => `<CompleteMultipartUpload>${inner}</CompleteMultipartUpload>`;
const part = (number: number | string, etag = "e") =>
  `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`;

test("a list is read with S3's namespace or none, whatever the order of elements and white space", () => {
  const parts = parse(`<?xml version="1.0" encoding="UTF-8"?>
    <CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
      <Part><ETag>"abc"</ETag><PartNumber> 2 </PartNumber></Part>
      <Part><PartNumber>10000</PartNumber><ETag>def</ETag><ChecksumSHA1> x= </ChecksumSHA1></Part>
    </CompleteMultipartUpload>`);
  expect(parts).toEqual([
    { number: 2, etag: "abc", checksums: new Map() },
    { number: 10_000, etag: "def", checksums: new Map([["SHA1", "x="]]) },
  ]);
  expect(parse(list(part(1)))).toHaveLength(1);
});

test("empty checksum elements are no checksums", () => {
  const [only] = parse(
    list(part(1).replace("</Part>", "<ChecksumCRC32/><ChecksumSHA256></ChecksumSHA256></Part>")),
  );
  expect(only?.checksums.size).toBe(0);
});

test("strictly ascending numbers are a list, any others are not", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 1, max: 5 })), {
        minLength: 1,
      }),
      async (numbers) => {
        const ascending = numbers.every((number, i) => i === 0 || number > (numbers[i - 1] ?? 0));
        const text = list(numbers.map((number) => part(number)).join(""));
        if (ascending) expect(parse(text).map(({ number }) => number)).toEqual(numbers);
        else expect((await failure(() => parse(text))).code).toBe("InvalidPartOrder");
      },
    ),
  );
});

test.each(["0", "10001", "-1", "1e3", "1.0", "0x1", "", "99999999999999999999"])(
  "%p is no part number",
  async (number) => {
    expect((await failure(() => parse(list(part(number))))).code).toBe("InvalidArgument");
  },
);

test.each([
  "",
  "<CompleteMultipartUpload/>",
  "<Other><Part/></Other>",
  list("<Part/>"),
  list("<Part><PartNumber>1</PartNumber></Part>"),
  list("<Part><ETag>e</ETag></Part>"),
  list(part(1).replace("<ETag>", "<ETag>x</ETag><ETag>")),
  list(part(1)).slice(0, -3),
  `<!DOCTYPE a [<!ENTITY e "x">]>${list(part(1, "&e;"))}`,
])("%p is no list", async (text) => {
  expect((await failure(() => parse(text))).code).toBe("MalformedXML");
});

test("the longest list there can be is within the bound, one more part is not a list", async () => {
  const etag = `&quot;${"f".repeat(32)}&quot;`;
  const parts = Array.from(
    { length: 10_001 },
    (_, i) =>
      `\n    <Part>\n      <PartNumber>${i + 1}</PartNumber>\n      <ETag>${etag}</ETag>\n      ` +
      `<ChecksumSHA256>${"A".repeat(43)}=</ChecksumSHA256>\n    </Part>`,
  );
  const longest = list(parts.slice(0, 10_000).join(""));
  expect(longest.length).toBeLessThan(MAX_PART_LIST);
  expect(parse(longest)).toHaveLength(10_000);
  expect((await failure(() => parse(list(parts.join(""))))).code).toBe("MalformedXML");
});
