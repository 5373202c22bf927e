import { afterAll, beforeAll, expect } from "bun:test";
import { Buffer } from "node:buffer";
import { RequestHeaders } from "../../src/http/headers.ts";
import { createMultipartUpload } from "../../src/s3/operations/create-multipart-upload.ts";
import { putObject } from "../../src/s3/operations/put-object.ts";
import { uploadPart } from "../../src/s3/operations/upload-part.ts";
import type { RawAnswer } from "../raw-client.ts";
import { bytesOf } from "../s3/upload-fixture.ts";
import {
  customer,
  type Headers,
  openScene,
  type ProviderName,
  type Scene,
  sourceCustomer,
  SSE_S3,
} from "./scene.ts";
import { type Served, serveScene, testCertificate } from "./served.ts";
import { type ObjectRows, StoppedStore } from "./stopped-store.ts";

/** Bytes of an encrypted package. */
export const PACKAGE = 65_536 + 32;
const SMALL = 1000;
const LARGE = 3 * 65_536 + 500;
const PARTS = [2 * 65_536 + 5, 70_000, 70_000, 900];

/** The plaintext parts of an object; the twin of an object has the same sizes and other bytes. */
export function partsOf(shape: string, seed: number): readonly Buffer[] {
  const sizes = shape === "small" ? [SMALL] : shape === "large" ? [LARGE] : PARTS;
  return sizes.map((size, i) => bytesOf(size, 100 * seed + i));
}

/** One kind of encryption, with what a client sends for it. */
export interface Kind {
  readonly name: "s3" | "c";
  readonly write: Headers;
  readonly read: Headers;
  readonly source: Headers;
}
export const KINDS: readonly Kind[] = [
  { name: "s3", write: SSE_S3, read: {}, source: {} },
  { name: "c", write: customer(1), read: customer(1), source: sourceCustomer(1) },
];
export const SHAPES = ["small", "large", "parts"] as const;

/** Uploads parts of any size, past the limit that CompleteMultipartUpload holds. */
async function uploadParts(
  scene: Scene,
  key: string,
  parts: readonly Uint8Array[],
  { write, read }: Kind,
  atTheEnd: Headers,
): Promise<void> {
  const begin = { target: `/box/${key}?uploads`, headers: { ...write, "content-type": "text/x-test" } };
  const { text } = await scene.run(createMultipartUpload, begin);
  const uploadId = /<UploadId>([^<]+)</.exec(text)?.[1] ?? "";
  for (const [i, body] of parts.entries()) {
    const target = `/box/${key}?partNumber=${2 * i + 1}&uploadId=${encodeURIComponent(uploadId)}`;
    await scene.run(uploadPart, { target, headers: read, body });
  }
  const id = { bucket: "box", key, uploadId };
  const upload = await scene.store.getUpload(id);
  const headers = new RequestHeaders(Object.entries(atTheEnd).flat());
  const etags = await scene.sse.forUpload({ headers, secure: true, bucket: "box", key }, upload);
  const { parts: stored } = await scene.store.listParts(id, { after: 0, limit: 100 });
  const size = stored.reduce((sum, part) => sum + part.size, 0);
  const attributes = {
    size,
    etag: etags.finished(stored.map((part) => part.etag)).stored,
    metadata: { ...upload.metadata, ...etags.finishedMetadata(size) },
  };
  await scene.store.completeUpload({
    ...id,
    parts: stored,
    attributes: etags.sealRecord(attributes, stored),
  });
}

/** Where the objects lie. */
export let scene: Scene;
/** Their store, which nobody serves while it is changed. */
export let stopped: StoppedStore;
/** What it is served with. */
export let certificate: ReturnType<typeof testCertificate>;

/** Lays out objects of every kind and shape, each with a twin, for the tests of a file. */
export function tamperedScene(): void {
  beforeAll(async () => {
    certificate = testCertificate();
    scene = await openScene();
    for (const kind of KINDS) {
      for (const [twin, seed] of [["", 1], ["-twin", 2]] as const) {
        for (const shape of ["small", "large"]) {
          const target = `/box/${kind.name}-${shape}${twin}`;
          const headers = { ...kind.write, "content-type": "text/x-test" };
          await scene.run(putObject, { target, body: partsOf(shape, seed)[0] ?? "", headers });
        }
        await uploadParts(scene, `${kind.name}-parts${twin}`, partsOf("parts", seed), kind, kind.read);
      }
    }
    const [, c] = KINDS;
    if (c === undefined) throw new Error("two kinds");
    await uploadParts(scene, "c-late", partsOf("late", 1), c, {});
    await scene.run(putObject, { target: "/box/a//b", body: "one", headers: SSE_S3 });
    await scene.run(putObject, { target: "/box/a/b", body: "two", headers: SSE_S3 });
    await scene.store.close();
    stopped = new StoppedStore(scene.directory);
  }, 60_000);
  afterAll(async () => {
    await scene[Symbol.asyncDispose]();
    certificate.remove();
  });
}

type Outcome = "refused" | "cut" | "right";

/** What came of a request for these bytes. Fails when anything else than them came. */
function judge(what: string, answer: RawAnswer, expected: Buffer): Outcome {
  const { status, headers, body } = answer;
  if (status === 0) return "cut";
  if (status >= 400) {
    expect([what, body.toString()]).toEqual([what, expect.stringContaining("<Error>")]);
    return "refused";
  }
  expect([what, Number(headers.get("content-length"))]).toEqual([what, expected.length]);
  expect([what, body.equals(expected.subarray(0, body.length))]).toEqual([what, true]);
  return body.length < expected.length ? "cut" : "right";
}

/** What came of reading an object in every way. */
export interface Reads {
  /** Outcome of each request by its name. */
  readonly outcomes: Readonly<Record<string, Outcome>>;
  readonly headStatus: number;
}

/** Reads an object in every way that there is. */
async function readAll(served: Served, key: string, parts: readonly Buffer[], kind: Kind): Promise<Reads> {
  const whole = Buffer.concat(parts);
  const target = `/box/${key}`;
  const get = (more: Headers = {}, query = "") =>
    served.send({ method: "GET", target: target + query, headers: { ...kind.read, ...more } });
  const outcomes: Record<string, Outcome> = { whole: judge("whole", await get(), whole) };
  const n = whole.length;
  const ranges = [[0, 9], [65_530, 65_545], [n - 10, n - 1], [Math.min(70_000, n - 1), n - 1], [0, n - 1]];
  for (const [first = 0, last = 0] of ranges.filter(([first = 0, last = 0]) => first <= last && last < n)) {
    const name = `bytes=${first}-${last}`;
    outcomes[name] = judge(name, await get({ range: name }), whole.subarray(first, last + 1));
  }
  for (const [i, part] of parts.entries()) {
    const name = `partNumber=${parts.length === 1 ? 1 : 2 * i + 1}`;
    outcomes[name] = judge(name, await get({}, `?${name}`), part);
  }
  const head = await served.send({ method: "HEAD", target, headers: kind.read });
  const copyHeaders = { "x-amz-copy-source": target, ...kind.source };
  const copied = await served.send({ method: "PUT", target: "/box/copied", headers: copyHeaders });
  if (copied.status === 200) {
    const copy = await served.send({ method: "GET", target: "/box/copied" });
    outcomes["copy"] = judge("copy", copy, whole);
    await served.send({ method: "DELETE", target: "/box/copied" });
  } else {
    outcomes["copy"] = "refused";
    expect((await served.send({ method: "HEAD", target: "/box/copied" })).status).toBe(404);
  }
  return { outcomes, headStatus: head.status };
}

/** Serves the directory as it is now, and lets everything be read. */
export async function readTampered(
  key: string,
  parts: readonly Buffer[],
  kind: Kind,
  provider: ProviderName = "native",
) {
  await using served = await serveScene({ directory: scene.directory, provider }, certificate.directory);
  const reads = await readAll(served, key, parts, kind);
  const list = await served.send({ method: "GET", target: "/box?list-type=2" });
  expect([list.status, list.cut]).toEqual([200, false]);
  expect(list.body.toString()).not.toContain("sealed:");
  return reads;
}

/** Does something to an object that must not go unnoticed when all of it is read. */
export async function detects(name: string, key: string, kind: Kind, change: () => void): Promise<Reads> {
  const shape = key.replace(/^\w+-/, "");
  try {
    change();
    const reads = await readTampered(key, partsOf(shape, 1), kind);
    expect([name, reads.outcomes["whole"]]).not.toEqual([name, "right"]);
    expect([name, reads.outcomes["copy"]]).toEqual([name, "refused"]);
    return reads;
  } finally {
    stopped.restore();
  }
}

/** The same for what is wrong with the record: not one byte leaves. */
export async function refuses(name: string, key: string, kind: Kind, change: () => void): Promise<void> {
  const { outcomes, headStatus } = await detects(name, key, kind, change);
  expect([name, new Set(Object.values(outcomes))]).toEqual([name, new Set(["refused"])]);
  expect([name, headStatus >= 400]).toEqual([name, true]);
}

/** Bytes with some bits of one of them changed. */
export const flipped = (bytes: Uint8Array, at: number, bits = 1) => {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ bits;
  return copy;
};
/** Metadata without some of its names. */
export const without = (metadata: ObjectRows["metadata"], drop: (name: string) => boolean) =>
  Object.fromEntries(Object.entries(metadata).filter(([name]) => !drop(name)));
