import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createBucket } from "../../../src/s3/operations/create-bucket.ts";
import { deleteBucket } from "../../../src/s3/operations/delete-bucket.ts";
import type { S3ErrorCode } from "../../../src/errors/s3-error.ts";
import { getBucketAcl } from "../../../src/s3/operations/get-bucket-acl.ts";
import { getBucketLocation } from "../../../src/s3/operations/get-bucket-location.ts";
import { getBucketVersioning } from "../../../src/s3/operations/get-bucket-versioning.ts";
import { putBucketAcl } from "../../../src/s3/operations/put-bucket-acl.ts";
import { putObjectAcl } from "../../../src/s3/operations/put-object-acl.ts";
import { getObjectAcl } from "../../../src/s3/operations/get-object-acl.ts";
import { headBucket } from "../../../src/s3/operations/head-bucket.ts";
import { listBuckets } from "../../../src/s3/operations/list-buckets.ts";
import { childOf, childrenOf, childText, parseXml } from "../../../src/xml/xml-parser.ts";
import { type CallSketch, makeCall, replyBytes, replyText } from "../call.ts";
import { failure } from "../failure.ts";
import { seed, temporaryStore } from "../temporary-store.ts";

const NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';
const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';
const { store, remove } = await temporaryStore();
afterAll(remove);

const call = (target: string, sketch: Partial<CallSketch> = {}) => makeCall({ store, target, ...sketch });
const configuration = (inside: string) =>
  `<CreateBucketConfiguration ${NAMESPACE}>${inside}</CreateBucketConfiguration>`;

describe("CreateBucket", () => {
  const create = (bucket: string, sketch: Partial<CallSketch> = {}) =>
    createBucket.run(call(`/${bucket}`, { method: "PUT", ...sketch }));
  const code = async (bucket: string, sketch: Partial<CallSketch> = {}) =>
    (await failure(() => create(bucket, sketch))).code;

  test("makes a bucket and says where it is", async () => {
    expect(await create("made")).toEqual({ status: 200, headers: { "Location": "/made" } });
    expect((await store.getBucket("made"))?.name).toBe("made");
  });

  test("takes the location of this server, an empty one, or none", async () => {
    const places = ["", "<LocationConstraint/>", "<LocationConstraint>eu-west-3</LocationConstraint>"];
    for (const [i, place] of places.entries()) {
      await create(`place-${i}`, { body: configuration(place), region: "eu-west-3" });
      expect(await store.getBucket(`place-${i}`)).toBeDefined();
    }
  });

  test("refuses another location", async () => {
    const body = configuration("<LocationConstraint>us-west-2</LocationConstraint>");
    expect(await code("elsewhere", { body })).toBe("IllegalLocationConstraintException");
  });

  test("refuses a second bucket of the name", async () => {
    await create("twice");
    expect(await code("twice")).toBe("BucketAlreadyOwnedByYou");
  });

  test("refuses names, documents and features that it does not know, and makes nothing", async () => {
    const tags = configuration("<Tags><Tag><Key>a</Key><Value>b</Value></Tag></Tags>");
    expect(await code("refused", { body: "<CreateBucketConfiguration>" })).toBe("MalformedXML");
    expect(await code("refused", { body: "<Other/>" })).toBe("MalformedXML");
    expect(await code("refused", { body: " ".repeat(64 * 1024 + 1) })).toBe("MaxMessageLengthExceeded");
    expect(await code("refused", { body: tags })).toBe("NotImplemented");
    expect(await code("refused", { headers: { "x-amz-bucket-object-lock-enabled": "True" } })).toBe(
      "NotImplemented",
    );
    expect(await code("Refused")).toBe("InvalidBucketName");
    expect(await store.getBucket("refused")).toBeUndefined();
  });

  test("makes nothing when the body turns out not to be what was signed", async () => {
    const body = (async function* () {
      yield new TextEncoder().encode(configuration(""));
      throw new Error("the signature does not match");
    })();
    await expect(create("forged", { body })).rejects.toThrow("the signature does not match");
    expect(await store.getBucket("forged")).toBeUndefined();
  });
});

describe("A bucket that is there", () => {
  beforeAll(async () => {
    await store.createBucket("there");
    await seed(store, "there", "key");
  });

  test("answers HeadBucket with the region and no body", async () => {
    expect(await headBucket.run(call("/there", { method: "HEAD", region: "eu-west-3" }))).toEqual({
      status: 200,
      headers: { "x-amz-bucket-region": "eu-west-3" },
    });
  });

  test("is in the region of the server, which is not named when it is us-east-1", async () => {
    const location = async (region: string) =>
      replyText(await getBucketLocation.run(call("/there?location", { region })));
    expect(await location("us-east-1")).toBe(
      `${DECLARATION}<LocationConstraint ${NAMESPACE}></LocationConstraint>`,
    );
    expect(await location("eu-west-3")).toBe(
      `${DECLARATION}<LocationConstraint ${NAMESPACE}>eu-west-3</LocationConstraint>`,
    );
  });

  test("was never versioned", async () => {
    expect(await replyText(await getBucketVersioning.run(call("/there?versioning")))).toBe(
      `${DECLARATION}<VersioningConfiguration ${NAMESPACE}></VersioningConfiguration>`,
    );
  });

  test("is fully controlled by its owner, as are its objects", async () => {
    const replies = [
      await getBucketAcl.run(call("/there?acl")),
      await getObjectAcl.run(call("/there/key?acl")),
      await getObjectAcl.run(call("/there/key?acl&versionId=null")),
    ];
    for (const reply of replies) {
      expect(await replyText(reply)).toContain('xsi:type="CanonicalUser"><ID>02d6176db174dc93');
      const root = parseXml(await replyBytes(reply), "AccessControlPolicy");
      const grants = childrenOf(childOf(root, "AccessControlList") ?? root, "Grant");
      expect(grants.map((grant) => childText(grant, "Permission"))).toEqual(["FULL_CONTROL"]);
    }
  });

  test("takes the ACL that it has, in every form, and refuses others", async () => {
    const put = (headers: Record<string, string>, body = "") => [
      () => putBucketAcl.run(call("/there?acl", { method: "PUT", headers, body })),
      () => putObjectAcl.run(call("/there/key?acl", { method: "PUT", headers, body })),
    ];
    const own = await replyText(await getBucketAcl.run(call("/there?acl")));
    const aPrivate = { "x-amz-acl": "private" };
    for (const run of [...put(aPrivate), ...put({}, own), ...put(aPrivate, own)]) {
      expect(await run()).toEqual({ status: 200, headers: {} });
    }
    const refused: [S3ErrorCode, Record<string, string>, string][] = [
      ["NotImplemented", { "x-amz-acl": "public-read" }, own],
      ["NotImplemented", { ...aPrivate, "x-amz-grant-read": "id=1" }, ""],
      ["NotImplemented", {}, own.replace("FULL_CONTROL", "READ")],
      ["NotImplemented", {}, own.replaceAll(/<ID>\w+/g, "<ID>another")],
      ["NotImplemented", {}, "<AccessControlPolicy/>"],
      ["MissingSecurityHeader", {}, ""],
      ["MalformedXML", {}, "<AccessControlPolicy>"],
    ];
    for (const [code, headers, body] of refused) {
      for (const run of put(headers, body)) expect((await failure(run)).code).toBe(code);
    }
    const missing = (target: string) => call(target, { method: "PUT", headers: aPrivate });
    expect((await failure(() => putBucketAcl.run(missing("/missing?acl")))).code).toBe("NoSuchBucket");
    expect((await failure(() => putObjectAcl.run(missing("/there/missing?acl")))).code).toBe("NoSuchKey");
  });

  test("has no ACL of a missing object or version", async () => {
    const code = async (target: string) => (await failure(() => getObjectAcl.run(call(target)))).code;
    expect(await code("/there/missing?acl")).toBe("NoSuchKey");
    expect(await code("/there/key?acl&versionId=1")).toBe("NoSuchVersion");
  });

  test("cannot be deleted while it holds objects, and can when it is empty", async () => {
    const run = () => deleteBucket.run(call("/there", { method: "DELETE" }));
    expect((await failure(run)).code).toBe("BucketNotEmpty");
    await store.deleteObject({ bucket: "there", key: "key" });
    expect(await run()).toEqual({ status: 204, headers: {} });
    expect(await store.getBucket("there")).toBeUndefined();
  });
});

test("A missing bucket is NoSuchBucket", async () => {
  for (const operation of [headBucket, deleteBucket, getBucketLocation, getBucketVersioning, getBucketAcl]) {
    expect((await failure(() => operation.run(call("/missing")))).code).toBe("NoSuchBucket");
  }
});

describe("ListBuckets", async () => {
  const other = await temporaryStore();
  afterAll(other.remove);
  beforeAll(async () => {
    for (const name of ["bbb", "aaa", "abc", "ccc"]) await other.store.createBucket(name);
  });

  async function list(query: string) {
    const reply = await listBuckets.run(makeCall({ store: other.store, target: `/?${query}` }));
    const root = parseXml(await replyBytes(reply), "ListAllMyBucketsResult");
    const buckets = childrenOf(childOf(root, "Buckets") ?? root, "Bucket");
    return { root, buckets, names: buckets.map((bucket) => childText(bucket, "Name")) };
  }

  test("lists all in order, with their dates, the region and the owner", async () => {
    const { root, buckets, names } = await list("");
    expect(names).toEqual(["aaa", "abc", "bbb", "ccc"]);
    const made = await other.store.getBucket("aaa");
    expect(buckets[0] && childText(buckets[0], "CreationDate")).toBe(
      new Date(made?.createdAt ?? 0).toISOString(),
    );
    expect(buckets[0] && childText(buckets[0], "BucketRegion")).toBe("us-east-1");
    const owner = childOf(root, "Owner");
    expect(owner && childText(owner, "DisplayName")).toBe("minio");
    expect(childText(root, "ContinuationToken")).toBeUndefined();
  });

  test("goes from page to page by tokens", async () => {
    const first = await list("max-buckets=3");
    expect(first.names).toEqual(["aaa", "abc", "bbb"]);
    const second = await list(
      `max-buckets=3&continuation-token=${childText(first.root, "ContinuationToken")}`,
    );
    expect(second.names).toEqual(["ccc"]);
    expect(childText(second.root, "ContinuationToken")).toBeUndefined();
  });

  test("lists below a prefix, which it repeats", async () => {
    const { root, names } = await list("prefix=a");
    expect([names, childText(root, "Prefix")]).toEqual([["aaa", "abc"], "a"]);
  });

  test("lists nothing of another region", async () => {
    expect((await list("bucket-region=eu-west-3")).names).toEqual([]);
    expect((await list("bucket-region=us-east-1")).names).toHaveLength(4);
  });

  test("refuses page sizes and tokens that are none", async () => {
    for (const query of ["max-buckets=0", "max-buckets=x", "continuation-token=", "continuation-token=aaa"]) {
      const run = () => listBuckets.run(makeCall({ store: other.store, target: `/?${query}` }));
      expect((await failure(run)).code).toBe("InvalidArgument");
    }
  });
});
