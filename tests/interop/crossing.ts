import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListObjectsCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { expect } from "bun:test";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { Agent } from "node:https";
import { customerKey } from "../golden/client.ts";
import { ACCESS_KEY, type RunningServer, SECRET_KEY } from "../running-server.ts";

const BUCKET = "crossing";
const KEY = Buffer.alloc(32, 7).toString("base64");
const MIB = 2 ** 20;

/** How objects are encrypted: what a write says of it, and what a read has to say. */
const KINDS = {
  "plain": { write: {}, read: {} },
  "sse-s3": { write: { ServerSideEncryption: "AES256" }, read: {} },
  "sse-c": { write: customerKey(KEY), read: customerKey(KEY) },
} as const;
type Kind = keyof typeof KINDS;

/** Bytes in one piece; an empty object is left out where the writer cannot write one. */
const SIZES = [0, 1, 65_535, 65_536, 65_537, 131_072, 5 * MIB + 3];
const NAMES = ["a b+c", "ünï/çode", `x<y>&"z'`, "deep/er/and/deeper/k"];
/** Numbers and sizes of the parts of uploads. */
const UPLOADS = [[[1, 5 * MIB + 3], [2, 70_000]], [[2, 5 * MIB], [7, 5 * MIB + 65_536], [9, 5]], [[
  9,
  300_000,
]]];

/** What a reader has to see of an object. */
export interface Written {
  readonly key: string;
  readonly kind: Kind;
  readonly bytes: Buffer<ArrayBuffer>;
  /** Without quotes, which MinIO leaves out of some answers. */
  readonly etag: string;
}

/** A client that MinIO of 2019 understands: without the checksums of today. */
export function crossingClient(server: Pick<RunningServer, "url" | "certificate">): S3Client {
  return new S3Client({
    endpoint: server.url,
    region: "us-east-1",
    forcePathStyle: true,
    maxAttempts: 1,
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    credentials: { accessKeyId: ACCESS_KEY, secretAccessKey: SECRET_KEY },
    requestHandler: {
      httpsAgent: new Agent({ ca: readFileSync(server.certificate) }),
      requestTimeout: 20_000,
    },
  });
}

/** Writes objects of every kind, size and form. */
export async function writeEverything(client: S3Client, smallest: 0 | 1): Promise<readonly Written[]> {
  const written: Written[] = [];
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  const put = async (kind: Kind, key: string, bytes: Buffer<ArrayBuffer>) => {
    const { ETag } = await client.send(
      new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: bytes, ...KINDS[kind].write }),
    );
    written.push({ key, kind, bytes, etag: unquoted(ETag) });
  };
  for (const kind of Object.keys(KINDS) as Kind[]) {
    for (const size of SIZES.filter((size) => size >= smallest)) {
      await put(kind, `${kind}/size-${size}`, content(size));
    }
    for (const name of NAMES) await put(kind, `${kind}/names/${name}`, content(1000));
    for (const [i, parts] of UPLOADS.entries()) {
      written.push(await upload(client, kind, `${kind}/upload-${i}`, parts));
    }
  }
  const source = written.filter(({ key }) => key.endsWith("size-131072"));
  for (const from of source) {
    for (const kind of Object.keys(KINDS) as Kind[]) {
      const key = `copies/${from.kind}-to-${kind}`;
      const { CopyObjectResult } = await client.send(
        new CopyObjectCommand({
          Bucket: BUCKET,
          Key: key,
          CopySource: `${BUCKET}/${from.key}`,
          ...(from.kind !== "sse-c" ? {} : copySourceKey()),
          ...KINDS[kind].write,
        }),
      );
      written.push({ key, kind, bytes: from.bytes, etag: unquoted(CopyObjectResult?.ETag) });
    }
  }
  return written;
}

/** Lists all that was written, and reads it whole and in part. */
export async function readEverything(client: S3Client, written: readonly Written[]): Promise<void> {
  const listed = new Map<string, { size: number | undefined; etag: string }>();
  // MinIO's gateway of 2019 loses objects in pages of the second version.
  const page = await client.send(new ListObjectsCommand({ Bucket: BUCKET, MaxKeys: 1000 }));
  for (const { Key, Size, ETag } of page.Contents ?? []) {
    listed.set(Key ?? "", { size: Size, etag: unquoted(ETag) });
  }
  expect([...listed.keys()].sort()).toEqual(written.map(({ key }) => key).sort());
  for (const { key, kind, bytes, etag } of written) {
    const get = async (range?: string) => {
      const answer = await client.send(
        new GetObjectCommand({
          Bucket: BUCKET,
          Key: key,
          ...(range === undefined ? {} : { Range: range }),
          ...KINDS[kind].read,
        }),
      );
      return { answer, bytes: Buffer.from(await answer.Body?.transformToByteArray() ?? []) };
    };
    const whole = await get();
    expect({ key, sha256: sha256(whole.bytes) }).toEqual({ key, sha256: sha256(bytes) });
    expect(listed.get(key)?.size).toBe(bytes.length);
    // An SSE-C object shows digits that are no digest, and not the same ones everywhere.
    if (kind !== "sse-c") expect({ key, etag: unquoted(whole.answer.ETag) }).toEqual({ key, etag });
    if (kind !== "sse-c") expect(listed.get(key)?.etag).toBe(etag);
    for (const [first, last] of [[0, 0], [65_535, 65_536], [5 * MIB - 1, 5 * MIB + 2]] as const) {
      if (last >= bytes.length) continue;
      expect((await get(`bytes=${first}-${last}`)).bytes).toEqual(bytes.subarray(first, last + 1));
    }
  }
}

async function upload(client: S3Client, kind: Kind, key: string, parts: number[][]): Promise<Written> {
  const { UploadId } = await client.send(
    new CreateMultipartUploadCommand({ Bucket: BUCKET, Key: key, ...KINDS[kind].write }),
  );
  const target = { Bucket: BUCKET, Key: key, UploadId };
  const done: { PartNumber: number; ETag: string | undefined }[] = [];
  for (const [number = 0, size = 0] of parts.toReversed()) {
    const { ETag } = await client.send(
      new UploadPartCommand({ ...target, PartNumber: number, Body: content(size), ...KINDS[kind].read }),
    );
    done.unshift({ PartNumber: number, ETag });
  }
  const { ETag } = await client.send(
    new CompleteMultipartUploadCommand({ ...target, MultipartUpload: { Parts: done } }),
  );
  const bytes = Buffer.concat(parts.map(([, size = 0]) => content(size)));
  return { key, kind, bytes, etag: unquoted(ETag) };
}

function copySourceKey() {
  const { SSECustomerAlgorithm, SSECustomerKey, SSECustomerKeyMD5 } = { ...customerKey(KEY) };
  return {
    CopySourceSSECustomerAlgorithm: SSECustomerAlgorithm,
    CopySourceSSECustomerKey: SSECustomerKey,
    CopySourceSSECustomerKeyMD5: SSECustomerKeyMD5,
  };
}

function content(size: number): Buffer<ArrayBuffer> {
  return Buffer.from(Uint8Array.from({ length: size }, (_, i) => (i * 31 + size) % 251));
}

function unquoted(etag: string | undefined): string {
  return (etag ?? "").replaceAll('"', "");
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
