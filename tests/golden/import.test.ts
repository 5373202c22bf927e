import {
  CopyObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runHere } from "../cli/in-process.ts";
import { VaultDouble } from "../kms/vault/vault-double.ts";
import { type RunningServer, startServer } from "../running-server.ts";
import { clientOf, customerKey } from "./client.ts";
import { copyDataSet, type DataSet, HAS_GOLDEN, MASTER_KEY } from "./data-sets.ts";
import { goldenVault } from "./vault.ts";
import { keepsLocked, listsEverything, readsEverything, sha256 } from "./seen.ts";

type Settings = Readonly<Record<string, string>>;

/** Seconds since the epoch, as the day that a file of MinIO was written. */
const WRITTEN = 1_555_000_000;

/** All that a client sees of a directory of MinIO once it was brought into a storage of our own. */
function describeImport(
  name: string,
  settings: () => Promise<Settings>,
  done: () => Promise<void> = async () => {},
): void {
  describe.skipIf(!HAS_GOLDEN)(`the data of MinIO in ${name}, imported`, () => {
    let env: Settings;
    let data: DataSet;
    let directory: string;
    let server: RunningServer;
    let client: S3Client;
    beforeAll(async () => {
      env = await settings();
      data = copyDataSet(name);
      for (const { bucket, key } of data.objects) {
        utimesSync(join(data.directory, bucket, key), WRITTEN, WRITTEN + key.length);
      }
      directory = mkdtempSync(join(tmpdir(), "minio-ts-import-"));
      const before = everyFile(data.directory);
      const { code, out } = await runHere(["import", data.directory, directory], env);
      expect([code, out]).toEqual([0, expect.stringContaining("Every object is there.")]);
      expect(everyFile(data.directory)).toEqual(before);
      server = await startServer({ tls: true, directory, env });
      client = clientOf(server);
    }, 60_000);
    afterAll(async () => {
      client.destroy();
      await server.stop();
      server.remove();
      rmSync(directory, { recursive: true, force: true });
      data.remove();
      await done();
    });

    test("lists every object with its size and ETag", async () => {
      await listsEverything(client, data);
    });

    test("tells everything of every object, and downloads it whole and in part", async () => {
      await readsEverything(client, data);
    });

    test("has every object as old as it was", async () => {
      for (const { bucket, key, client_key_b64 } of data.objects) {
        const head = await client.send(
          new HeadObjectCommand({ Bucket: bucket, Key: key, ...customerKey(client_key_b64) }),
        );
        expect([key, head.LastModified?.getTime()]).toEqual([key, (WRITTEN + key.length) * 1000]);
      }
    });

    test("is open to the anonymous as far as its policies say", async () => {
      const tls = { tls: { ca: readFileSync(server.certificate) } };
      const statuses = data.objects.map(async ({ bucket, key }) => {
        const { status } = await fetch(`${server.url}/${bucket}/${encodeURIComponent(key)}`, tls);
        return [bucket, key, status];
      });
      const expected = data.objects.map(({ bucket, key }) => [
        bucket,
        key,
        bucket === "golden-public" ? 200 : 403,
      ]);
      expect(await Promise.all(statuses)).toEqual(expected);
    });

    test("gives no byte of an object whose key does not come along, or is another", async () => {
      await keepsLocked(client, data);
    });

    test("lets every object be copied, its keys rotated, and be overwritten", async () => {
      for (const { bucket, key, sse, client_key_b64, sha256: digest } of data.objects) {
        const customer = customerKey(client_key_b64);
        const other = sse === "SSE-C" ? customerKey(Buffer.alloc(32, 7).toString("base64")) : {};
        const source = {
          CopySource: `${bucket}/${encodeURIComponent(key)}`,
          CopySourceSSECustomerAlgorithm: customer.SSECustomerAlgorithm,
          CopySourceSSECustomerKey: customer.SSECustomerKey,
          CopySourceSSECustomerKeyMD5: customer.SSECustomerKeyMD5,
        };
        const copied = { Bucket: bucket, Key: "a copy" };
        await client.send(new CopyObjectCommand({ ...copied, ...source }));
        expect(await digestOf(client, copied)).toBe(digest);
        if (sse !== "none") {
          const rotated = { Bucket: bucket, Key: key, ...other };
          const asked = sse === "SSE-S3" ? { ServerSideEncryption: "AES256" as const } : {};
          await client.send(new CopyObjectCommand({ ...rotated, ...asked, ...source }));
          expect(await digestOf(client, rotated)).toBe(digest);
        }
        await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: "new" }));
        expect(await digestOf(client, { Bucket: bucket, Key: key })).toBe(sha256(Buffer.from("new")));
      }
    });
  });
}

async function digestOf(client: S3Client, request: ConstructorParameters<typeof GetObjectCommand>[0]) {
  const { Body } = await client.send(new GetObjectCommand(request));
  return sha256(await Body?.transformToByteArray() ?? Buffer.alloc(0));
}

/** Everything in a directory, with what it is. */
function everyFile(directory: string): Map<string, string> {
  return new Map(
    readdirSync(directory, { recursive: true, encoding: "utf8" }).map((name) => {
      const path = join(directory, name);
      const { mode, mtimeMs, ctimeMs } = lstatSync(path);
      const content = statSync(path).isFile() ? sha256(readFileSync(path)) : "";
      return [name, `${mode} ${mtimeMs} ${ctimeMs} ${content}`];
    }),
  );
}

describeImport("fs-masterkey", async () => ({ MINIO_SSE_MASTER_KEY: MASTER_KEY }));
describeImport("fs-legacy2018", async () => ({ MINIO_SSE_MASTER_KEY: MASTER_KEY }));

const vault = new VaultDouble();
describeImport("fs-vault", () => goldenVault(vault), () => vault.stop());
