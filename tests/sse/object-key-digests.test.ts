import { expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { nativeAead } from "../../src/crypto/aead-native.ts";
import { S3Error } from "../../src/errors/s3-error.ts";
import { RequestHeaders } from "../../src/http/headers.ts";
import type { Kms } from "../../src/kms/kms.ts";
import { masterKeyKms } from "../../src/kms/master-key.ts";
import { createSse } from "../../src/sse/create.ts";
import { objectKeyDigests } from "../../src/sse/object-key-digests.ts";
import type { Sse, SseRequest } from "../../src/sse/sse.ts";
import type { ListedObject, ObjectRecord, UploadRecord } from "../../src/store/store.ts";
import { bytes, secret, vectors } from "../crypto/vectors.ts";
import { customer, type Headers, SSE_S3 } from "./scene.ts";

const chain = vectors.sse_s3_chain[0];
if (chain === undefined) throw new Error("the vectors have no SSE-S3 object");
const MASTER_KEY = { keyId: "my-minio-key", key: secret(chain.master_key) };

/** A KMS that counts what it is asked, and can be away or refuse. */
function watchedKms(): Kms & {
  opened: number;
  most: number;
  fault: "ServiceUnavailable" | "InternalError" | undefined;
} {
  const kms = masterKeyKms(MASTER_KEY);
  let now = 0;
  return {
    ...kms,
    opened: 0,
    most: 0,
    fault: undefined,
    async openDataKey(keyId, sealed, context) {
      this.opened++;
      this.most = Math.max(this.most, ++now);
      await new Promise((done) => setTimeout(done, 1));
      now--;
      if (this.fault !== undefined) throw new S3Error(this.fault, { cause: new Error("the KMS is away") });
      return await kms.openDataKey(keyId, sealed, context);
    },
  };
}

function encryption(kms: Kms | undefined): Sse {
  return createSse({
    kms,
    aead: nativeAead,
    digests: objectKeyDigests(kms),
    encryptsByDefault: async () => false,
  });
}

const request = (key: string, headers: Headers = {}): SseRequest => ({
  headers: new RequestHeaders(Object.entries(headers).flat()),
  secure: true,
  bucket: "box",
  key,
});

const md5 = (text: string) => createHash("md5").update(text).digest();
const hex = (data: Uint8Array) => Buffer.from(data).toString("hex");

/** The record of an object that was written through this encryption. */
async function written(
  sse: Sse,
  key: string,
  headers: Headers,
): Promise<ObjectRecord & { readonly shown: string }> {
  const sealing = await sse.forWrite(request(key, headers));
  const { stored, shown } = sealing.etag(sealing.needsMd5 ? md5(key) : undefined);
  const { metadata } = sealing.sealRecord({ size: 1, etag: stored, metadata: sealing.metadata });
  return {
    bucket: "box",
    key,
    revision: "1",
    size: 1,
    storedSize: 33,
    lastModified: 0,
    etag: stored,
    metadata,
    parts: [],
    shown,
  };
}

const SEALED = /^20000f00[0-9a-f]{88}$/;
const OPAQUE = (sealed: string) => sealed.slice(-32);

test("ETags rest as MinIO seals them, and are shown as the MD5 under SSE-S3 and as the tag under SSE-C", async () => {
  const kms = masterKeyKms(MASTER_KEY);
  const sse = encryption(kms);
  const s3 = await written(sse, "s3", SSE_S3);
  expect(s3.etag).toMatch(SEALED);
  expect(s3.shown).toBe(hex(md5("s3")));
  expect(Object.keys(s3.metadata).filter((name) => !name.startsWith("X-Minio-Internal-Server-Side"))).toEqual(
    [],
  );
  const c = await written(sse, "c", customer(1));
  expect(c.etag).toMatch(SEALED);
  expect(c.shown).toBe(OPAQUE(c.etag));

  // Another server, which remembers nothing of the writes.
  const other = encryption(kms);
  expect((await other.view(request("s3"), s3)).etag).toBe(s3.shown);
  expect((await other.view(request("c", customer(1)), c)).etag).toBe(c.shown);
  expect(await other.listedEtags([s3, c], "box")).toEqual([s3.shown, c.shown]);
});

test("ETags that MinIO sealed open under the object key", async () => {
  for (const { object_key, md5, sealed_etag } of vectors.etag_sealing.cases) {
    const object = { bucket: "box", key: "key" };
    const rest = await objectKeyDigests(undefined).beside(object, async () => secret(object_key));
    expect(rest.open("etag", sealed_etag, object)).toBe(md5);
    expect(rest.open("etag", sealed_etag.replace(/.$/, (c) => c === "0" ? "1" : "0"), object))
      .toBeUndefined();
  }
});

test("ETags that are not sealed are shown as they are: of rotated objects, of old ones and of multipart uploads", async () => {
  const kms = watchedKms();
  const sse = encryption(kms);
  const s3 = await written(sse, "s3", SSE_S3);
  const c = await written(sse, "c", customer(1));
  for (const etag of [hex(md5("x")), `${hex(md5("x"))}-2`, "00000000000000000000000000000000-1"]) {
    expect((await sse.view(request("s3"), { ...s3, etag })).etag).toBe(etag);
    expect((await sse.view(request("c", customer(1)), { ...c, etag })).etag).toBe(etag);
    expect(await sse.listedEtags([{ ...s3, etag }, { ...c, etag }], "box")).toEqual([etag, etag]);
  }
  expect(kms.opened).toBe(0);
});

test("a listing asks the KMS for many keys at once but not for all, and only the first time", async () => {
  const kms = watchedKms();
  const writer = encryption(kms);
  const objects: (ObjectRecord & { readonly shown: string })[] = [];
  for (let i = 0; i < 100; i++) objects.push(await written(writer, `key ${i}`, SSE_S3));
  const sse = encryption(kms);
  const shown = objects.map((object) => object.shown);
  expect(await sse.listedEtags(objects, "box")).toEqual(shown);
  expect([kms.opened, kms.most]).toEqual([100, 16]);
  expect(await sse.listedEtags(objects, "box")).toEqual(shown);
  expect(kms.opened).toBe(100);
});

test("HEAD and LIST answer while the KMS is away, with ETags that tell nothing, and ask it no more than needed", async () => {
  const kms = watchedKms();
  const writer = encryption(kms);
  const objects: ObjectRecord[] = [];
  for (let i = 0; i < 100; i++) objects.push(await written(writer, `key ${i}`, SSE_S3));
  const [first] = objects;
  if (first === undefined) throw new Error("there is a first object");
  for (const fault of ["ServiceUnavailable", "InternalError"] as const) {
    kms.fault = fault;
    kms.opened = 0;
    const sse = encryption(kms);
    const view = await sse.view(request(first.key), first);
    expect(view.etag).toBe(OPAQUE(first.etag));
    const listed = await sse.listedEtags(objects, "box");
    expect(listed).toEqual(objects.map(({ etag }) => OPAQUE(etag)));
    expect(kms.opened).toBeLessThanOrEqual(fault === "ServiceUnavailable" ? 17 : 101);
    // The bytes themselves are not to be had.
    const handle = { record: first, async *read() {}, close() {} };
    await expect(Array.fromAsync(view.read(handle, 0, 1))).rejects.toMatchObject({ code: fault });
    kms.fault = undefined;
    expect((await sse.view(request(first.key), first)).etag).toBe(hex(md5(first.key)));
  }
});

test("a server without a KMS shows ETags that tell nothing", async () => {
  const object = await written(encryption(masterKeyKms(MASTER_KEY)), "key", SSE_S3);
  const sse = encryption(undefined);
  expect((await sse.view(request("key"), object)).etag).toBe(OPAQUE(object.etag));
  expect(await sse.listedEtags([object], "box")).toEqual([OPAQUE(object.etag)]);
});

test("an object with damaged metadata does not spoil the listing", async () => {
  const sse = encryption(masterKeyKms(MASTER_KEY));
  const whole = await written(sse, "whole", SSE_S3);
  const hurt = await written(encryption(masterKeyKms(MASTER_KEY)), "hurt", SSE_S3);
  const name = "X-Minio-Internal-Server-Side-Encryption-Iv";
  const entries: ListedObject[] = [{ ...hurt, metadata: { ...hurt.metadata, [name]: "!" } }, whole];
  const other = encryption(masterKeyKms(MASTER_KEY));
  expect(await other.listedEtags(entries, "box")).toEqual([OPAQUE(hurt.etag), whole.shown]);
});

test("part ETags rest sealed under the object key, and the finished ETag is made of the sealed ones", async () => {
  const kms = masterKeyKms(MASTER_KEY);
  for (const headers of [SSE_S3, customer(1)]) {
    const sse = encryption(kms);
    const { metadata } = await sse.forNewUpload(request("key", headers), {});
    const upload: UploadRecord = { bucket: "box", key: "key", uploadId: "1", initiatedAt: 0, metadata };
    const later = headers === SSE_S3 ? {} : headers;
    const stored: string[] = [];
    const shown: string[] = [];
    for (const number of [1, 2]) {
      const sealing = await sse.forPart(request("key", later), upload, number);
      const etag = sealing.etag(sealing.needsMd5 ? md5(`part ${number}`) : undefined);
      expect(etag.stored).toMatch(SEALED);
      stored.push(etag.stored);
      shown.push(etag.shown);
    }
    const parts = await encryption(kms).forUpload(request("key", later), upload);
    expect(stored.map((etag) => parts.shown(etag))).toEqual(shown);
    if (headers === SSE_S3) expect(shown).toEqual([hex(md5("part 1")), hex(md5("part 2"))]);
    const finished = createHash("md5").update(bytes(stored.join(""))).digest("hex");
    expect(parts.finished(stored)).toEqual({ stored: `${finished}-2`, shown: `${finished}-2` });
  }
});

test("parts of an SSE-S3 upload cannot be listed while the KMS is away", async () => {
  const kms = watchedKms();
  const sse = encryption(kms);
  const { metadata } = await sse.forNewUpload(request("key", SSE_S3), {});
  const upload: UploadRecord = { bucket: "box", key: "key", uploadId: "1", initiatedAt: 0, metadata };
  kms.fault = "ServiceUnavailable";
  await expect(sse.forUpload(request("key"), upload)).rejects.toMatchObject({ code: "ServiceUnavailable" });
});

test("a rotated key opens the same sealed ETag", async () => {
  const kms = masterKeyKms(MASTER_KEY);
  const sse = encryption(kms);
  const object = await written(sse, "key", SSE_S3);
  const rotation = await sse.rotate(request("key", SSE_S3), object);
  if (rotation === undefined) throw new Error("it can be rotated");
  const { metadata } = rotation.sealRecord({ size: 1, etag: object.etag, metadata: rotation.metadata });
  expect(metadata).not.toEqual(object.metadata);
  const view = await encryption(kms).view(request("key"), { ...object, metadata });
  expect(view.etag).toBe(object.shown);
});
