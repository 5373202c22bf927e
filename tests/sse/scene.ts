import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Identity } from "../../src/auth/authentication.ts";
import { nativeAead } from "../../src/crypto/aead-native.ts";
import { webCryptoAead } from "../../src/crypto/aead-webcrypto.ts";
import { Secret } from "../../src/crypto/secret.ts";
import { S3Error } from "../../src/errors/s3-error.ts";
import type { Kms } from "../../src/kms/kms.ts";
import { masterKeyKms } from "../../src/kms/master-key.ts";
import type { Operation } from "../../src/s3/operation.ts";
import { completeMultipartUpload } from "../../src/s3/operations/complete-multipart-upload.ts";
import { createMultipartUpload } from "../../src/s3/operations/create-multipart-upload.ts";
import { getObject } from "../../src/s3/operations/get-object.ts";
import { postObject } from "../../src/s3/operations/post-object.ts";
import { uploadPart } from "../../src/s3/operations/upload-part.ts";
import { createSse } from "../../src/sse/create.ts";
import { storeKeyDigests } from "../../src/sse/digests.ts";
import { openStoreKey } from "../../src/sse/store-key.ts";
import type { Sse } from "../../src/sse/sse.ts";
import { openEmbeddedStore } from "../../src/store/embedded/open.ts";
import type { ObjectRecord, Store } from "../../src/store/store.ts";
import type { Answer } from "../s3/bucket-fixture.ts";
import { type CallSketch, makeCall, replyBytes } from "../s3/call.ts";
import { CONTENT_TYPE, inChunks, multipart, type Part } from "../s3/post/multipart.ts";
import { type Named, partList } from "../s3/upload-fixture.ts";

export type ProviderName = "webcrypto" | "native";
export const PROVIDERS: readonly ProviderName[] = ["webcrypto", "native"];

/** The KMS that scenes have unless they ask for another. */
export const KMS: Kms = masterKeyKms({ keyId: "test-key", key: new Secret(Buffer.alloc(32, 0x4d)) });

export type Headers = Readonly<Record<string, string>>;

/** What asks for SSE-S3. */
export const SSE_S3: Headers = { "x-amz-server-side-encryption": "AES256" };

/** What asks for SSE-C, under a key that the seed tells. */
export function customer(seed: number, prefix: "x-amz-" | "x-amz-copy-source-" = "x-amz-"): Headers {
  const key = Buffer.alloc(32, seed);
  const name = `${prefix}server-side-encryption-customer`;
  return {
    [`${name}-algorithm`]: "AES256",
    [`${name}-key`]: key.toString("base64"),
    [`${name}-key-md5`]: createHash("md5").update(key).digest("base64"),
  };
}

/** The same for the source of a copy. */
export const sourceCustomer = (seed: number): Headers => customer(seed, "x-amz-copy-source-");

/** The encryption headers of an answer, names in lower case. */
export function encryptionHeaders({ headers }: Pick<Answer, "headers">): Headers {
  const told = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  return Object.fromEntries(told.filter(([name]) => name.startsWith("x-amz-server-side-encryption")));
}

/** The encryption headers that an answer to requests with these headers carries. */
export function expectedHeaders(asked: Headers): Headers {
  return Object.fromEntries(Object.entries(asked).filter(([name]) => !name.endsWith("-key")));
}

export interface SceneOptions {
  readonly provider?: ProviderName;
  /** `"none"` for a server without. */
  readonly kms?: Kms | "none";
  readonly autoEncryption?: boolean;
  /** A directory to reuse; a new one otherwise, with the buckets `box` and `other`. */
  readonly directory?: string;
}

/** Operations over an embedded store, as a server with TLS would run them. */
export interface Scene extends AsyncDisposable {
  readonly directory: string;
  readonly store: Store;
  readonly sse: Sse;
  run(operation: Operation, sketch: Omit<CallSketch, "store">): Promise<Answer>;
  /** Runs what is expected to fail. */
  fail(operation: Operation, sketch: Omit<CallSketch, "store">): Promise<S3Error>;
  /** Uploads in parts under the numbers 1, 2 ...; the answer to the completion. */
  upload(target: string, parts: readonly Uint8Array[], headers?: Headers): Promise<Answer>;
  /** Uploads by form. */
  post(key: string, content: Uint8Array, fields?: Headers, secure?: boolean): Promise<Answer>;
  read(target: string, headers?: Headers): Promise<Buffer>;
  record(target: string): Promise<ObjectRecord>;
}

/** Uploads in parts under the numbers 1, 2 ...; the answer to the completion. */
export async function uploadInParts<Told extends Pick<Answer, "headers" | "bytes">>(
  run: (operation: Operation, sketch: Omit<CallSketch, "store">) => Promise<Told>,
  target: string,
  parts: readonly Uint8Array[],
  headers: Headers = {},
): Promise<Told> {
  const begun = await run(createMultipartUpload, { target: `${target}?uploads`, headers });
  const text = new TextDecoder().decode(begun.bytes);
  const id = encodeURIComponent(/<UploadId>([^<]+)</.exec(text)?.[1] ?? "");
  const later = headers["x-amz-server-side-encryption"] === undefined ? headers : {};
  const named: Named[] = [];
  for (const [i, body] of parts.entries()) {
    const part = `${target}?partNumber=${i + 1}&uploadId=${id}`;
    const { headers: { ETag = "" } } = await run(uploadPart, { target: part, headers: later, body });
    named.push({ number: i + 1, etag: ETag });
  }
  const finish = { target: `${target}?uploadId=${id}`, headers: later, body: partList(named) };
  return await run(completeMultipartUpload, finish);
}

export async function openScene(options: SceneOptions = {}): Promise<Scene> {
  const directory = options.directory ?? await mkdtemp(join(tmpdir(), "minio-ts-sse-"));
  const store = await openEmbeddedStore(directory);
  if (options.directory === undefined) {
    await store.createBucket("box");
    await store.createBucket("other");
  }
  const kms = options.kms === "none" ? undefined : options.kms ?? KMS;
  const sse = createSse({
    kms,
    aead: options.provider === "webcrypto" ? webCryptoAead : nativeAead,
    digests: storeKeyDigests(kms && await openStoreKey(store, kms)),
    encryptsByDefault: async (bucket) =>
      options.autoEncryption === true || await store.getBucketDocument(bucket, "encryption") !== undefined,
  });
  const scene: Scene = {
    directory,
    store,
    sse,
    async run(operation, sketch) {
      const call = makeCall({ store, sse, secure: true, method: operation.method, ...sketch });
      const reply = await operation.run(call);
      const bytes = await replyBytes(reply);
      return { status: reply.status, headers: reply.headers, bytes, text: new TextDecoder().decode(bytes) };
    },
    async fail(operation, sketch) {
      try {
        await scene.run(operation, sketch);
      } catch (thrown) {
        if (thrown instanceof S3Error) return thrown;
        throw thrown;
      }
      throw new Error(`${operation.name} was expected to fail`);
    },
    upload: (target, parts, headers = {}) => uploadInParts(scene.run, target, parts, headers),
    async post(key, content, fields = {}, secure = true) {
      const parts: Part[] = [["key", key], ...Object.entries(fields), ["file", content, "file.bin"]];
      const call = makeCall({
        store,
        sse,
        secure,
        target: "/box",
        method: "POST",
        headers: { "content-type": CONTENT_TYPE },
        body: inChunks(multipart(parts), [10_000]),
      });
      const identity: Identity = { kind: "anonymous" };
      const auth = {
        kind: "form",
        identity,
        payload: call.auth.payload,
        verifyForm: () => identity,
      } as const;
      const reply = await postObject.run({ ...call, auth });
      const bytes = await replyBytes(reply);
      return { status: reply.status, headers: reply.headers, bytes, text: new TextDecoder().decode(bytes) };
    },
    read: async (target, headers = {}) =>
      Buffer.from((await scene.run(getObject, { target, headers })).bytes),
    async record(target) {
      const [, bucket = "", ...key] = target.split("/");
      const record = await store.head(bucket, key.join("/"));
      if (record === undefined) throw new Error(`there is no ${target}`);
      return record;
    },
    async [Symbol.asyncDispose]() {
      await store.close();
      if (options.directory === undefined) await rm(directory, { recursive: true, force: true });
    },
  };
  return scene;
}
