import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deleteObject } from "../../src/s3/operations/delete-object.ts";
import { getObject } from "../../src/s3/operations/get-object.ts";
import { headObject } from "../../src/s3/operations/head-object.ts";
import { putObject } from "../../src/s3/operations/put-object.ts";
import { bytesOf } from "../s3/upload-fixture.ts";
import { SSE_S3 } from "../sse/scene.ts";
import { runHere } from "./in-process.ts";
import { nasServer } from "./nas-server.ts";
import { newPlace, type Place, run } from "./program.ts";

type Env = Readonly<Record<string, string>>;
const text = (n: number) => `key-${n}:${Buffer.alloc(32, n).toString("hex")}`;
const OLD: Env = { MINIO_SSE_MASTER_KEY: text(1) };
const BOTH: Env = { MINIO_SSE_MASTER_KEY: text(2), MINIO_SSE_MASTER_KEY_RETIRED: text(1) };
const NEW: Env = { MINIO_SSE_MASTER_KEY: text(2) };
const COUNT = 150;

let place: Place;
let directory: string;
beforeEach(() => {
  place = newPlace();
  directory = mkdtempSync(join(tmpdir(), "minio-ts-layout-"));
});
afterEach(() => {
  place.remove();
  rmSync(directory, { recursive: true, force: true });
});

async function fill(env: Env): Promise<void> {
  const server = await nasServer(directory, env);
  await server.store.createBucket("box");
  for (let i = 0; i < COUNT; i++) {
    await server.run(putObject, { target: `/box/${i}`, body: bytesOf(1000, i), headers: SSE_S3 });
  }
  await server.close();
}

const keysIn = async () =>
  JSON.parse((await runHere(["rewrap", "--dry-run", "--json", directory])).out).dataKeys as unknown;

describe("on a directory in MinIO's layout", () => {
  test(
    "rewrap leaves ETag, date and bytes as they are, and verify reads them under the new key alone",
    async () => {
      await fill(OLD);
      const heads = async (env: Env) => {
        const server = await nasServer(directory, env);
        const seen = [];
        for (let i = 0; i < COUNT; i++) {
          seen.push(
            (await server.run(headObject, { target: `/box/${i}` })).headers,
          );
        }
        await server.close();
        return seen;
      };
      const before = await heads(OLD);
      const { code, out } = await runHere(["rewrap", directory], BOTH);
      expect([code, out]).toEqual([0, expect.stringContaining(`${COUNT}        0  sealed anew\n`)]);
      expect(await keysIn()).toEqual([{ kind: "sse-s3", keyId: "key-2", objects: COUNT, uploads: 0 }]);
      expect(await heads(NEW)).toEqual(before);
      expect((await runHere(["verify", directory], NEW)).code).toBe(0);
    },
    60_000,
  );

  test("rewrap runs beside a server, and neither takes anything from the other", async () => {
    await fill(OLD);
    const server = await nasServer(directory, BOTH);
    let over = false;
    const rewrapping = run(place, ["rewrap", directory], BOTH).finally(() => void (over = true));
    const content = new Map<number, number | undefined>(Array.from({ length: COUNT }, (_, i) => [i, i]));
    for (let n = 0; !over || n < COUNT; n++) {
      const i = n % COUNT;
      if (n % 3 === 0) {
        await server.run(putObject, { target: `/box/${i}`, body: bytesOf(1000, n), headers: SSE_S3 });
        content.set(i, n);
      } else if (n % 7 === 0) {
        await server.run(deleteObject, { target: `/box/${i}` });
        content.set(i, undefined);
      } else if (content.get(i) !== undefined) {
        const { bytes } = await server.run(getObject, { target: `/box/${i}` });
        expect(Buffer.compare(bytes, bytesOf(1000, content.get(i) ?? 0))).toBe(0);
      }
    }
    const { code, out } = await rewrapping;
    expect([code, out]).toEqual([0, expect.not.stringContaining("failed")]);
    await server.close();
    const left = [...content].filter(([, seed]) => seed !== undefined);
    expect(await keysIn()).toEqual([{ kind: "sse-s3", keyId: "key-2", objects: left.length, uploads: 0 }]);
    const after = await nasServer(directory, NEW);
    for (const [i, seed] of left) {
      const { bytes } = await after.run(getObject, { target: `/box/${i}` });
      expect(Buffer.compare(bytes, bytesOf(1000, seed ?? 0))).toBe(0);
    }
    await after.close();
  }, 60_000);

  test("verify finds a changed byte, and metadata that nobody can read", async () => {
    await fill(OLD);
    const path = join(directory, "box", "7");
    const bytes = readFileSync(path);
    bytes[500] = (bytes[500] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    const metadata = join(directory, ".minio.sys/buckets/box/8");
    for (const name of readdirSync(metadata)) writeFileSync(join(metadata, name), "{");
    const { code, out } = await runHere(["verify", directory], OLD);
    expect([code, out.split("\n").filter((line) => line.startsWith("damaged")).sort()]).toEqual([1, [
      expect.stringMatching(/^damaged {2}box\/7: /),
      expect.stringMatching(/^damaged {2}box\/8: /),
    ]]);
    expect(out).toContain(`${COUNT - 2}  sealed under "key-1"\n`);
  }, 60_000);
});
