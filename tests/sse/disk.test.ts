import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { createHash, randomBytes } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { completeMultipartUpload } from "../../src/s3/operations/complete-multipart-upload.ts";
import { copyObject } from "../../src/s3/operations/copy-object.ts";
import { createMultipartUpload } from "../../src/s3/operations/create-multipart-upload.ts";
import { putObject } from "../../src/s3/operations/put-object.ts";
import { uploadPartCopy } from "../../src/s3/operations/upload-part-copy.ts";
import { uploadPart } from "../../src/s3/operations/upload-part.ts";
import { finishedEtag, MIB, partList } from "../s3/upload-fixture.ts";
import { customer, type Headers, openScene, PROVIDERS, type Scene, sourceCustomer, SSE_S3 } from "./scene.ts";

/** Text that is found in any piece of the bytes that is longer than two of it. */
const marked = (size: number) => {
  const marker = randomBytes(16);
  return { marker, bytes: Buffer.alloc(size, marker) };
};

const hash = (name: string, bytes: Uint8Array) => createHash(name).update(bytes).digest();
const spellings = (bytes: Buffer): Buffer[] => [
  bytes,
  Buffer.from(bytes.toString("hex")),
  Buffer.from(bytes.toString("hex").toUpperCase()),
  Buffer.from(bytes.toString("base64").replace(/=+$/, "")),
];

/** Every file of a store as it lies on the disk now, the write-ahead log among them. */
function filesOf({ directory }: Scene): Map<string, Buffer> {
  const names = readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((name) => statSync(join(directory, name)).isFile());
  return new Map(names.map((name) => [name, readFileSync(join(directory, name))]));
}

/** Which of these secrets are found, and where. */
function found(scene: Scene, secrets: Readonly<Record<string, Buffer>>): string[] {
  const files = filesOf(scene);
  return Object.entries(secrets).flatMap(([what, secret]) =>
    spellings(secret).flatMap((spelling) =>
      [...files].filter(([, bytes]) => bytes.includes(spelling)).map(([name]) => `${what} in ${name}`)
    )
  );
}

interface Kind {
  readonly name: string;
  readonly write: Headers;
  readonly later: Headers;
  readonly source: Headers;
  readonly autoEncryption: boolean;
}
const KINDS: readonly Kind[] = [
  { name: "SSE-S3", write: SSE_S3, later: {}, source: {}, autoEncryption: false },
  {
    name: "SSE-C",
    write: customer(0xc7),
    later: customer(0xc7),
    source: sourceCustomer(0xc7),
    autoEncryption: false,
  },
  { name: "auto-encryption", write: {}, later: {}, source: {}, autoEncryption: true },
];

/** Ways to write: each takes a scene and leaves the bytes in it. */
type Write = (scene: Scene, kind: Kind, bytes: Buffer) => Promise<void>;

async function begin(scene: Scene, { write }: Kind, key: string): Promise<string> {
  const headers = { ...write, "x-amz-checksum-algorithm": "SHA256" };
  const { text } = await scene.run(createMultipartUpload, { target: `/box/${key}?uploads`, headers });
  return encodeURIComponent(/<UploadId>([^<]+)</.exec(text)?.[1] ?? "");
}

async function put(scene: Scene, { write }: Kind, bytes: Buffer): Promise<void> {
  const headers = { ...write, "x-amz-checksum-sha256": hash("sha256", bytes).toString("base64") };
  await scene.run(putObject, { target: "/box/key", body: bytes, headers });
}

const WRITES: Readonly<Record<string, Write>> = {
  "PutObject": put,
  "PutObject over another": async (scene, kind, bytes) => {
    await put(scene, kind, bytes);
    await put(scene, kind, bytes);
  },
  "a part that waits": async (scene, kind, body) => {
    const target = `/box/key?partNumber=1&uploadId=${await begin(scene, kind, "key")}`;
    await scene.run(uploadPart, { target, body, headers: kind.later });
  },
  "a finished upload": async (scene, kind, body) => {
    const id = await begin(scene, kind, "key");
    const target = `/box/key?partNumber=1&uploadId=${id}`;
    const { headers } = await scene.run(uploadPart, { target, body, headers: kind.later });
    const finish = { target: `/box/key?uploadId=${id}`, headers: kind.later };
    const part = {
      number: 1,
      etag: headers["ETag"] ?? "",
      ChecksumSHA256: hash("sha256", body).toString("base64"),
    };
    await scene.run(completeMultipartUpload, { ...finish, body: partList([part]) });
  },
  "CopyObject": async (scene, kind, bytes) => {
    await put(scene, kind, bytes);
    const headers = { "x-amz-copy-source": "/box/key", ...kind.source, ...kind.write };
    await scene.run(copyObject, { target: "/other/copy", headers });
  },
  "CopyObject onto itself": async (scene, kind, bytes) => {
    await put(scene, kind, bytes);
    const headers = { "x-amz-copy-source": "/box/key", ...kind.source, ...kind.write };
    await scene.run(copyObject, { target: "/box/key", headers });
  },
  "UploadPartCopy": async (scene, kind, bytes) => {
    await put(scene, kind, bytes);
    const target = `/box/parts?partNumber=1&uploadId=${await begin(scene, kind, "parts")}`;
    const range = { "x-amz-copy-source-range": `bytes=0-${bytes.length - 1}` };
    const headers = { "x-amz-copy-source": "/box/key", ...range, ...kind.source, ...kind.later };
    await scene.run(uploadPartCopy, { target, headers });
  },
  "PostObject": async (scene, kind, bytes) => {
    await scene.post("form", bytes, {
      ...kind.write,
      "x-amz-checksum-sha256": hash("sha256", bytes).toString("base64"),
    });
  },
};

describe("an encrypted write", () => {
  for (const kind of KINDS) {
    for (const [name, write] of Object.entries(WRITES)) {
      test(`by ${name} under ${kind.name} leaves nothing of the plaintext on the disk`, async () => {
        for (const [i, size] of [300, 60_000, 2 * MIB].entries()) {
          await using scene = await openScene({
            autoEncryption: kind.autoEncryption,
            provider: PROVIDERS[i % 2] ?? "native",
          });
          const { marker, bytes } = marked(size);
          await write(scene, kind, bytes);
          const secrets = {
            "plaintext": marker,
            "its MD5": hash("md5", bytes),
            "its SHA-256": hash("sha256", bytes),
            "the MD5 of its MD5": Buffer.from(finishedEtag([bytes]).slice(0, 32), "hex"),
            "the customer's key": Buffer.alloc(32, 0xc7),
            "the MD5 of the customer's key": hash("md5", Buffer.alloc(32, 0xc7)),
            "the master key": Buffer.alloc(32, 0x4d),
          };
          expect(found(scene, secrets)).toEqual([]);
          await scene.store.close();
          expect(found(scene, secrets)).toEqual([]);
        }
      }, 30_000);
    }
  }
});

describe("this search", () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene();
  });
  afterAll(() => scene[Symbol.asyncDispose]());

  test("finds what is not encrypted: bytes in the log, in the database and in files, and their digests", async () => {
    const plain: Kind = { name: "plain", write: {}, later: {}, source: {}, autoEncryption: false };
    for (const size of [300, 2 * MIB]) {
      const { marker, bytes } = marked(size);
      await put(scene, plain, bytes);
      const secrets = { plaintext: marker, md5: hash("md5", bytes), sha256: hash("sha256", bytes) };
      for (const [what, secret] of Object.entries(secrets)) {
        expect([what, found(scene, { [what]: secret }).length > 0]).toEqual([what, true]);
      }
    }
  });
});
