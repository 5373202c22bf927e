import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { S3Error } from "../../../src/errors/s3-error.ts";
import { httpDate } from "../../../src/s3/dates.ts";
import { getObjectAttributes } from "../../../src/s3/operations/get-object-attributes.ts";
import { putObject } from "../../../src/s3/operations/put-object.ts";
import { type BucketFixture, openBuckets } from "../bucket-fixture.ts";
import { putMultipart } from "../multipart-fixture.ts";

const ALL = "ETag,Checksum,ObjectParts,StorageClass,ObjectSize";
const sha256 = (text: string) => createHash("sha256").update(text).digest("base64");

function ask({ run }: BucketFixture, key: string, headers: Readonly<Record<string, string>>) {
  return run(getObjectAttributes, { target: `/box/${key}?attributes`, headers });
}

/** What stands inside the root element. */
function inner(text: string): string {
  const match = /<GetObjectAttributesResponse xmlns="[^"]+">(.*)<\/GetObjectAttributesResponse>$/.exec(text);
  if (match === null) throw new Error(`unexpected document: ${text}`);
  return match[1] ?? "";
}

test("GetObjectAttributes shows the attributes that are asked for, the ETag without quotes", async () => {
  await using buckets = await openBuckets();
  const headers = { "x-amz-checksum-sha256": sha256("abc") };
  await buckets.run(putObject, { target: "/box/k", body: "abc", headers });
  const all = await ask(buckets, "k", { "x-amz-object-attributes": ALL });
  expect(all.status).toBe(200);
  expect(inner(all.text)).toBe(
    "<ETag>900150983cd24fb0d6963f7d28e17f72</ETag>" +
      `<Checksum><ChecksumSHA256>${
        sha256("abc")
      }</ChecksumSHA256><ChecksumType>FULL_OBJECT</ChecksumType></Checksum>` +
      "<StorageClass>STANDARD</StorageClass><ObjectSize>3</ObjectSize>",
  );
  const record = await buckets.store.head("box", "k");
  expect(all.headers["Last-Modified"]).toBe(httpDate(record?.lastModified ?? 0));
  const size = await ask(buckets, "k", { "x-amz-object-attributes": " ObjectSize " });
  expect(inner(size.text)).toBe("<ObjectSize>3</ObjectSize>");
});

test("GetObjectAttributes refuses unknown attributes, and a request for none", async () => {
  await using buckets = await openBuckets();
  await buckets.run(putObject, { target: "/box/k", body: "abc" });
  for (const names of ["", "etag", "ETag,Owner", ","]) {
    const headers = { "x-amz-object-attributes": names };
    const error = await buckets.fail(getObjectAttributes, { target: "/box/k?attributes", headers });
    expect(error.code).toBe("InvalidArgument");
  }
  const error = await buckets.fail(getObjectAttributes, { target: "/box/k?attributes" });
  expect(error.code).toBe("InvalidArgument");
});

test("parts without checksums are only counted", async () => {
  await using buckets = await openBuckets();
  await putMultipart(buckets.store, "parts", { 1: "aaaa", 2: "bbb" });
  const { text } = await ask(buckets, "parts", { "x-amz-object-attributes": "ObjectParts" });
  expect(inner(text)).toBe("<ObjectParts><PartsCount>2</PartsCount></ObjectParts>");
});

test("parts with checksums are listed in pages", async () => {
  await using buckets = await openBuckets();
  await putMultipart(buckets.store, "summed", { 1: "aaaa", 2: "bbb", 5: "cc" }, true);
  const wanted = { "x-amz-object-attributes": "ObjectParts" };
  const part = (number: number, text: string) =>
    `<Part><PartNumber>${number}</PartNumber><Size>${text.length}</Size>` +
    `<ChecksumSHA256>${sha256(text)}</ChecksumSHA256></Part>`;
  const first = await ask(buckets, "summed", { ...wanted, "x-amz-max-parts": "2" });
  expect(inner(first.text)).toBe(
    "<ObjectParts><PartsCount>3</PartsCount><PartNumberMarker>0</PartNumberMarker>" +
      "<NextPartNumberMarker>2</NextPartNumberMarker><MaxParts>2</MaxParts><IsTruncated>true</IsTruncated>" +
      `${part(1, "aaaa")}${part(2, "bbb")}</ObjectParts>`,
  );
  const rest = await ask(buckets, "summed", { ...wanted, "x-amz-part-number-marker": "2" });
  expect(inner(rest.text)).toBe(
    "<ObjectParts><PartsCount>3</PartsCount><PartNumberMarker>2</PartNumberMarker>" +
      "<NextPartNumberMarker>5</NextPartNumberMarker><MaxParts>1000</MaxParts><IsTruncated>false</IsTruncated>" +
      `${part(5, "cc")}</ObjectParts>`,
  );
});

test("GetObjectAttributes refuses page limits that are no numbers", async () => {
  await using buckets = await openBuckets();
  for (const name of ["x-amz-max-parts", "x-amz-part-number-marker"]) {
    for (const value of ["", "-1", "x", "1.5", "9".repeat(50)]) {
      const headers = { "x-amz-object-attributes": "ObjectParts", [name]: value };
      const error = await buckets.fail(getObjectAttributes, { target: "/box/k?attributes", headers });
      expect(error.code).toBe("InvalidArgument");
    }
  }
});

test("GetObjectAttributes needs the permission to read the object as well", async () => {
  await using buckets = await openBuckets();
  await buckets.run(putObject, { target: "/box/k", body: "abc" });
  const error = await buckets.fail(getObjectAttributes, {
    target: "/box/k?attributes",
    headers: { "x-amz-object-attributes": "ETag" },
    authorise: async (action, bucket, key) => {
      expect([action, bucket, key]).toEqual(["s3:GetObject", "box", "k"]);
      throw new S3Error("AccessDenied");
    },
  });
  expect(error.code).toBe("AccessDenied");
});

test("GetObjectAttributes of a missing key is NoSuchKey", async () => {
  await using buckets = await openBuckets();
  const headers = { "x-amz-object-attributes": "ETag" };
  expect((await buckets.fail(getObjectAttributes, { target: "/box/none?attributes", headers })).code)
    .toBe("NoSuchKey");
});
