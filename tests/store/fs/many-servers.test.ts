import { afterAll, beforeAll, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RawRequest, send } from "../../raw-client.ts";
import { type RunningServer, startServer } from "../../running-server.ts";

const KMS = { MINIO_SSE_MASTER_KEY: `my-key:${"5e".repeat(32)}` };
const SSE_S3 = { "x-amz-server-side-encryption": "AES256" };
const SECONDS = 6;

let directory: string;
let servers: readonly RunningServer[];
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "minio-ts-nas-"));
  const start = () => startServer({ command: ["gateway", "nas"], directory, env: KMS });
  servers = await Promise.all([start(), start(), start()]);
  await ask({ method: "PUT", target: "/shared" });
}, 60_000);
afterAll(async () => {
  for (const server of servers) {
    await server.stop();
    server.remove();
  }
  rmSync(directory, { recursive: true, force: true });
});

const md5 = (bytes: Uint8Array) => createHash("md5").update(bytes).digest("hex");
const pick = <T>(list: readonly T[]): T => {
  const one = list[Math.floor(Math.random() * list.length)];
  if (one === undefined) throw new Error("there is nothing to pick from");
  return one;
};

/** Asks any of the servers. */
const ask = (request: RawRequest) => send(pick(servers), request);

/** Writes a new object that tells its own digest, in one piece or in parts through any of the servers. */
async function write(key: string): Promise<number> {
  const body = randomBytes(pick([0, 10, 70_000, 300_000]));
  const headers = { "x-amz-meta-md5": md5(body), ...pick([SSE_S3, {}]) };
  if (Math.random() < 0.7) {
    return (await ask({ method: "PUT", target: `/shared/${key}`, headers, body })).status;
  }
  const begun = await ask({ method: "POST", target: `/shared/${key}?uploads=`, headers });
  const id = /<UploadId>([^<]+)</.exec(begun.body.toString())?.[1] ?? "";
  const part = await ask({ method: "PUT", target: `/shared/${key}?partNumber=1&uploadId=${id}`, body });
  const list = `<Part><PartNumber>1</PartNumber><ETag>${part.headers.get("etag")}</ETag></Part>`;
  const document = Buffer.from(`<CompleteMultipartUpload>${list}</CompleteMultipartUpload>`);
  return (await ask({ method: "POST", target: `/shared/${key}?uploadId=${id}`, body: document })).status;
}

test(
  "servers that write, overwrite, delete and list the same keys at once show whole objects only",
  async () => {
    const keys = ["a", "d/b", "d/c", "e/f/g"];
    const end = Date.now() + SECONDS * 1000;
    const torn: unknown[] = [];
    let reads = 0;
    let writes = 0;
    const writer = async () => {
      while (Date.now() < end) {
        const key = pick(keys);
        const status = Math.random() < 0.2
          ? (await ask({ method: "DELETE", target: `/shared/${key}` })).status
          : await write(key);
        if (status > 299) torn.push({ key, status });
        writes++;
      }
    };
    const reader = async () => {
      while (Date.now() < end) {
        const key = pick(keys);
        const { status, body, headers, cut } = await ask({ method: "GET", target: `/shared/${key}` });
        if (status === 404) continue;
        reads++;
        if (status !== 200 || cut || md5(body) !== headers.get("x-amz-meta-md5")) {
          torn.push({
            key,
            status,
            cut,
          });
        }
      }
    };
    const lister = async () => {
      while (Date.now() < end) {
        const { status, body } = await ask({ method: "GET", target: "/shared?list-type=2" });
        const listed = [...body.toString().matchAll(/<Key>([^<]+)<.*?<Size>(\d+)</g)];
        if (status !== 200) torn.push({ status, body: body.toString() });
        for (const [, key = "", size = ""] of listed) {
          // A directory shows for the moment between its making and the object in it.
          if (key.endsWith("/")) continue;
          if (!keys.includes(key) || ![0, 10, 70_000, 300_000].includes(Number(size))) {
            torn.push({
              key,
              size,
            });
          }
        }
      }
    };
    await Promise.all([writer(), writer(), writer(), writer(), reader(), reader(), lister()]);
    expect(torn).toEqual([]);
    expect(Math.min(reads, writes)).toBeGreaterThan(0);
    // In the end all of them see the same.
    for (const key of keys) {
      const seen = await Promise.all(
        servers.map((server) => send(server, { method: "GET", target: `/shared/${key}` })),
      );
      expect(new Set(seen.map(({ status, body }) => `${status} ${status === 200 ? md5(body) : ""}`)).size)
        .toBe(1);
    }
  },
  60_000,
);

test("a server with another KMS, or none, tells so and gives no byte of what it cannot open", async () => {
  const secret = Buffer.from("the plaintext of a secret ".repeat(100));
  await ask({ method: "PUT", target: "/shared/secret", headers: SSE_S3, body: secret });
  for (
    const [env, status, text] of [
      [{}, 400, "Server side encryption specified but KMS is not configured"],
      [{ MINIO_SSE_MASTER_KEY: `my-key:${"00".repeat(32)}` }, 500, "<Code>InternalError</Code>"],
    ] as const
  ) {
    const other = await startServer({ command: ["gateway", "nas"], directory, env });
    const got = await send(other, { method: "GET", target: "/shared/secret" });
    expect(got.status).toBe(status);
    expect(got.body.toString()).toContain(text);
    expect((await send(other, { method: "HEAD", target: "/shared/secret" })).headers.get("content-length"))
      .toBe(String(secret.length));
    // What it writes is for all of them, as far as they have its keys.
    await send(other, { method: "PUT", target: "/shared/open", body: Buffer.from("open") });
    expect((await ask({ method: "GET", target: "/shared/open" })).body.toString()).toBe("open");
    await other.stop();
    other.remove();
  }
  expect((await ask({ method: "GET", target: "/shared/secret" })).body.equals(secret)).toBe(true);
}, 60_000);
