import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { RingDouble } from "../kms/vault/ring-double.ts";
import { VaultDouble } from "../kms/vault/vault-double.ts";
import { type RunningServer, startServer } from "../running-server.ts";
import { clientOf, customerKey } from "./client.ts";
import {
  copyDataSet,
  type DataSet,
  type GoldenObject,
  HAS_GOLDEN,
  MANIFEST,
  MASTER_KEY,
  plaintext,
} from "./data-sets.ts";

type Settings = Readonly<Record<string, string>>;

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const quoted = (etag: string) => `"${etag}"`;

/** Headers of the manifest as the client tells them. */
const TOLD: Readonly<Record<string, (answer: HeadObjectCommandOutput) => string | undefined>> = {
  "cache-control": (answer) => answer.CacheControl,
  "content-disposition": (answer) => answer.ContentDisposition,
  "content-language": (answer) => answer.ContentLanguage,
  "x-amz-server-side-encryption": (answer) => answer.ServerSideEncryption,
  "x-amz-server-side-encryption-customer-algorithm": (answer) => answer.SSECustomerAlgorithm,
  "x-amz-server-side-encryption-customer-key-md5": (answer) => answer.SSECustomerKeyMD5,
};

function expectHeaders(object: GoldenObject, answer: HeadObjectCommandOutput | GetObjectCommandOutput): void {
  const told = Object.entries(TOLD).flatMap(([name, of]) => {
    const value = of(answer);
    return value === undefined ? [] : [[name, value]];
  });
  expect([object.key, Object.fromEntries(told)]).toEqual([object.key, object.headers]);
  expect([object.key, answer.ETag, answer.ContentLength, answer.ContentType, answer.Metadata]).toEqual(
    [object.key, quoted(object.etag), object.size, object.content_type, object.user_metadata],
  );
}

/** All that a client sees of a directory of MinIO. */
function describeDataSet(
  name: string,
  settings: () => Promise<Settings>,
  done: () => Promise<void> = async () => {},
): void {
  describe.skipIf(!HAS_GOLDEN)(`the data of MinIO in ${name}`, () => {
    let data: DataSet;
    let server: RunningServer;
    let client: S3Client;
    beforeAll(async () => {
      data = copyDataSet(name);
      server = await startServer({ tls: true, directory: data.directory, env: await settings() });
      client = clientOf(server);
    }, 60_000);
    afterAll(async () => {
      client.destroy();
      await server.stop();
      server.remove();
      data.remove();
      await done();
    });

    const target = ({ bucket, key }: { readonly bucket: string; readonly key: string }) => ({
      Bucket: bucket,
      Key: key,
    });

    test("is served as what it is", () => {
      expect(server.printed()).toContain(`Storage:         ${data.directory} (MinIO's FS layout)`);
    });

    test("lists every object with its size and ETag, and reading changes no file", async () => {
      const before = filesOf(data.directory);
      for (const bucket of new Set(data.objects.map((object) => object.bucket))) {
        const expected = data.objects.filter((object) => object.bucket === bucket)
          .map(({ key, size, etag }) => [key, size, quoted(etag)]);
        const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
        const listed = Contents.map(({ Key, Size, ETag }) => [Key, Size, ETag]);
        expect(listed.filter(([key]) => key !== "emptydir/")).toEqual(expected.sort(byFirst));
      }
      expect(filesOf(data.directory)).toEqual(before);
    });

    test("tells everything of every object, and downloads it whole and in part", async () => {
      for (const object of data.objects) {
        const request = { ...target(object), ...customerKey(object.client_key_b64) };
        expectHeaders(object, await client.send(new HeadObjectCommand(request)));
        const got = await client.send(new GetObjectCommand(request));
        expectHeaders(object, got);
        const bytes = await got.Body?.transformToByteArray() ?? new Uint8Array();
        expect([object.key, sha256(bytes)]).toEqual([object.key, object.sha256]);
        if (object.size < 3) continue;
        const [start, end] = [Math.floor(object.size / 3), object.size - 2];
        const part = await client.send(new GetObjectCommand({ ...request, Range: `bytes=${start}-${end}` }));
        const range = await part.Body?.transformToByteArray() ?? new Uint8Array();
        expect(Buffer.from(range).equals(bytes.subarray(start, end + 1))).toBe(true);
      }
    });

    test("gives no byte of an object whose key does not come along, or is another", async () => {
      for (const object of data.objects) {
        if (object.sse !== "SSE-C") continue;
        const other = customerKey(Buffer.alloc(32, 9).toString("base64"));
        for (const [key, status] of [[{}, 400], [other, 403]] as const) {
          const get = client.send(new GetObjectCommand({ ...target(object), ...key }));
          await expect(get).rejects.toMatchObject({ $metadata: { httpStatusCode: status } });
        }
      }
    });

    test("lists, continues and completes every unfinished upload", async () => {
      for (const upload of data.uploads) {
        const id = { ...target(upload), UploadId: upload.upload_id };
        const key = customerKey(upload.client_key_b64);
        const { Uploads = [] } = await client.send(
          new ListMultipartUploadsCommand({ Bucket: upload.bucket, Prefix: upload.key }),
        );
        expect(Uploads.map(({ Key, UploadId }) => [Key, UploadId])).toEqual([[upload.key, upload.upload_id]]);
        const parts = async () => {
          const { Parts = [] } = await client.send(new ListPartsCommand({ ...id, ...key }));
          return Parts.map(({ PartNumber, Size, ETag }) => [PartNumber, Size, ETag]);
        };
        expect(await parts()).toEqual(
          upload.parts.map(({ number, size, etag }) => [number, size, quoted(etag)]),
        );

        const more = await client.send(
          new UploadPartCommand({ ...id, ...key, PartNumber: 7, Body: plaintext(1000, 3) }),
        );
        expect((await parts()).at(-1)).toEqual([7, 1000, more.ETag]);
        await client.send(
          new CompleteMultipartUploadCommand({
            ...id,
            ...key,
            MultipartUpload: {
              Parts: upload.parts.map(({ number, etag }) => ({ PartNumber: number, ETag: quoted(etag) })),
            },
          }),
        );
        const got = await client.send(new GetObjectCommand({ ...target(upload), ...key }));
        const whole = Buffer.concat(upload.parts.map(({ size, seed }) => plaintext(size, seed)));
        expect(whole.equals(await got.Body?.transformToByteArray() ?? Buffer.alloc(0))).toBe(true);
        expect(got.ServerSideEncryption).toBe(upload.sse === "SSE-S3" ? "AES256" : undefined);
        await expect(client.send(new AbortMultipartUploadCommand(id))).rejects.toMatchObject({
          name: "NoSuchUpload",
        });
      }
    });
  });
}

function byFirst([a]: readonly unknown[], [b]: readonly unknown[]): number {
  return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));
}

/** Every file of MinIO's with the digest of its bytes and its time. */
function filesOf(directory: string): Map<string, string> {
  const names = readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((name) => !/^\.minio\.sys\/(?:tmp|minio-ts)(?:\/|$)/.test(name))
    .filter((name) => statSync(join(directory, name)).isFile());
  return new Map(names.map((name) => {
    const path = join(directory, name);
    return [name, `${sha256(readFileSync(path))} ${statSync(path).mtimeMs}`];
  }));
}

describeDataSet("fs-masterkey", async () => ({ MINIO_SSE_MASTER_KEY: MASTER_KEY }));
describeDataSet("fs-legacy2018", async () => ({}));

const vault = new VaultDouble();
describeDataSet("fs-vault", async () => {
  if (MANIFEST === undefined) throw new Error("there is no manifest");
  const { key_name, exported_key_b64 } = MANIFEST.vault;
  vault.rings.set(key_name, new RingDouble(false, Buffer.from(exported_key_b64, "base64")));
  await vault.listen();
  return {
    MINIO_SSE_VAULT_ENDPOINT: vault.url,
    MINIO_SSE_VAULT_APPROLE_ID: vault.roleId,
    MINIO_SSE_VAULT_APPROLE_SECRET: vault.secretId,
    MINIO_SSE_VAULT_KEY_NAME: key_name,
  };
}, () => vault.stop());

describe.skipIf(!HAS_GOLDEN)("a directory of MinIO", () => {
  const withServer = async (
    settings: Settings,
    use: (client: S3Client, data: DataSet, server: RunningServer) => Promise<void>,
    emptyDirectories = true,
  ) => {
    const data = copyDataSet("fs-masterkey", emptyDirectories);
    const server = await startServer({ tls: true, directory: data.directory, env: settings });
    const client = clientOf(server);
    try {
      await use(client, data, server);
    } finally {
      client.destroy();
      await server.stop();
      server.remove();
      data.remove();
    }
  };

  test("is listed as MinIO lists it, also after its empty directories were lost", async () => {
    const expected = MANIFEST?.listings["fs-masterkey golden prefix=sse- (list-type=2: key, etag, size)"] ??
      [];
    expect(expected).not.toEqual([]);
    for (const emptyDirectories of [true, false]) {
      await withServer({ MINIO_SSE_MASTER_KEY: MASTER_KEY }, async (client) => {
        const { Contents = [] } = await client.send(
          new ListObjectsV2Command({ Bucket: "golden", Prefix: "sse-" }),
        );
        expect(Contents.map(({ Key, ETag, Size }) => [Key, ETag?.replaceAll('"', ""), Size])).toEqual([
          ...expected.map((entry) => [...entry]),
        ]);
        const head = client.send(new HeadObjectCommand({ Bucket: "golden", Key: "emptydir/" }));
        if (emptyDirectories) expect((await head).ContentLength).toBe(0);
        else await expect(head).rejects.toMatchObject({ name: "NotFound" });
      }, emptyDirectories);
    }
  });

  test("is open to the anonymous as far as its policies say", async () => {
    await withServer({ MINIO_SSE_MASTER_KEY: MASTER_KEY }, async (_client, data, server) => {
      const tls = { tls: { ca: readFileSync(server.certificate) } };
      const open = await fetch(`${server.url}/golden-public/readme`, tls);
      const readme = data.objects.find(({ bucket }) => bucket === "golden-public");
      expect([open.status, sha256(await open.bytes())]).toEqual([200, readme?.sha256 ?? ""]);
      for (const path of ["golden/plain/hello.txt", "golden-public/", "golden-public/other"]) {
        expect((await fetch(`${server.url}/${path}`, tls)).status).toBe(403);
      }
      const put = await fetch(`${server.url}/golden-public/readme`, { ...tls, method: "PUT", body: "x" });
      expect(put.status).toBe(403);
    });
  });

  test("gives no byte of an object to a server with another KMS or none, and still lists all", async () => {
    const others: readonly (readonly [Settings, number])[] = [
      [{}, 400],
      [{ MINIO_SSE_MASTER_KEY: `my-minio-key:${"00".repeat(32)}` }, 500],
    ];
    for (const [settings, status] of others) {
      await withServer(settings, async (client, data) => {
        const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: "golden" }));
        for (const { bucket, key, sse, size, sha256: digest, client_key_b64 } of data.objects) {
          if (bucket !== "golden") continue;
          const entry = Contents.find(({ Key }) => Key === key);
          expect([key, entry?.Size]).toEqual([key, size]);
          expect(entry?.ETag).toMatch(/^"[0-9a-f]{32}(-\d+)?"$/);
          const request = { Bucket: bucket, Key: key, ...customerKey(client_key_b64) };
          expect((await client.send(new HeadObjectCommand(request))).ContentLength).toBe(size);
          const get = client.send(new GetObjectCommand(request));
          if (sse !== "SSE-S3" || size === 0) {
            expect(sha256(await (await get).Body?.transformToByteArray() ?? Buffer.alloc(0))).toBe(digest);
          } else await expect(get).rejects.toMatchObject({ $metadata: { httpStatusCode: status } });
        }
      });
    }
  });

  test("takes a part in the place of one that MinIO wrote, and others behind it", async () => {
    await withServer({ MINIO_SSE_MASTER_KEY: MASTER_KEY }, async (client, data) => {
      for (const upload of data.uploads) {
        const id = { Bucket: upload.bucket, Key: upload.key, UploadId: upload.upload_id };
        const key = customerKey(upload.client_key_b64);
        const bodies = [plaintext(5 * 1024 * 1024, 1), plaintext(70_000, 2)];
        const parts = [];
        for (const [i, Body] of bodies.entries()) {
          const { ETag = "" } = await client.send(
            new UploadPartCommand({ ...id, ...key, PartNumber: i + 1, Body }),
          );
          parts.push({ PartNumber: i + 1, ETag });
        }
        const listed = await client.send(new ListPartsCommand({ ...id, ...key }));
        expect(listed.Parts?.map(({ ETag }) => ETag)).toEqual(parts.map(({ ETag }) => ETag));
        await client.send(
          new CompleteMultipartUploadCommand({ ...id, ...key, MultipartUpload: { Parts: parts } }),
        );
        const got = await client.send(
          new GetObjectCommand({ Bucket: upload.bucket, Key: upload.key, ...key }),
        );
        expect(Buffer.concat(bodies).equals(await got.Body?.transformToByteArray() ?? Buffer.alloc(0))).toBe(
          true,
        );
      }
    });
  });
});
