import {
  CompleteMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { PACKAGE_SIZE } from "../../src/crypto/dare.ts";
import { VaultDouble } from "../kms/vault/vault-double.ts";
import { type RunningServer, startServer } from "../running-server.ts";
import { clientOf, customerKey } from "./client.ts";
import { copyDataSet, type DataSet, HAS_GOLDEN, MANIFEST, MASTER_KEY, plaintext } from "./data-sets.ts";
import { goldenVault } from "./vault.ts";
import { completesUploads, keepsLocked, listsEverything, readsEverything, sha256 } from "./seen.ts";

type Settings = Readonly<Record<string, string>>;

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

    test("is served as what it is", () => {
      expect(server.printed()).toContain(`Storage:         ${data.directory} (MinIO's FS layout)`);
    });

    test("lists every object with its size and ETag, and reading changes no file", async () => {
      const before = filesOf(data.directory);
      await listsEverything(client, data);
      expect(filesOf(data.directory)).toEqual(before);
    });

    test("tells everything of every object, and downloads it whole and in part", async () => {
      await readsEverything(client, data);
    });

    test("gives no byte of an object whose key does not come along, or is another", async () => {
      await keepsLocked(client, data);
    });

    test("lists, continues and completes every unfinished upload", async () => {
      await completesUploads(client, data);
    });
  });
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
describeDataSet("fs-vault", () => goldenVault(vault), () => vault.stop());

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

  test("refuses to its last byte what lost its last package, of which no metadata of MinIO tells", async () => {
    for (const provider of ["webcrypto", "native"]) {
      const settings = { MINIO_SSE_MASTER_KEY: MASTER_KEY, MINIO_SSE_CRYPTO: provider };
      await withServer(settings, async (client, data) => {
        truncateSync(join(data.directory, "golden/sse-s3/200000"), 3 * PACKAGE_SIZE);
        for (const range of [{}, { Range: "bytes=-1" }, { Range: "bytes=131000-" }]) {
          const get = client.send(new GetObjectCommand({ Bucket: "golden", Key: "sse-s3/200000", ...range }));
          await expect(get).rejects.toMatchObject({ name: "XMinioObjectTampered" });
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
