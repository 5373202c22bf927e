import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { type RawRequest, send } from "../../raw-client.ts";
import { type RunningServer, startServer } from "../../running-server.ts";
import { bytesOf } from "../../s3/upload-fixture.ts";
import { customer, type Headers, SSE_S3 } from "../../sse/scene.ts";
import { KEY } from "./double-kms.ts";
import { type Trouble, VaultDouble } from "./vault-double.ts";
import { vaultEnv } from "./vault-env.ts";

const LARGE = bytesOf(300_000, 1);
const TIMEOUT = "1s";

let double: VaultDouble;
let server: RunningServer;

async function request(method: string, target: string, headers: Headers = {}, body?: Uint8Array) {
  const sent: RawRequest = { method, target, headers, ...(body === undefined ? {} : { body }) };
  return await send(server, sent);
}
const status = async (...sent: Parameters<typeof request>) => (await request(...sent)).status;
const refusal = async (...sent: Parameters<typeof request>) => {
  const { status, headers, body } = await request(...sent);
  return [status, headers.get("retry-after"), /<Code>(\w+)/.exec(body.toString())?.[1]];
};
const UNAVAILABLE = [503, "5", "ServiceUnavailable"];

/** The files that hold bodies. */
function files(): string[] {
  const names = readdirSync(join(server.directory, "blobs"), { recursive: true, encoding: "utf8" });
  return names.filter((name) => /^..\/.{32}$/.test(name));
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 20_000;
  while (!await isSo()) {
    if (performance.now() > end) throw new Error("it does not come to be so");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function startWith(env: Headers = {}): Promise<void> {
  double = await new VaultDouble().listen();
  double.addRing(KEY);
  server = await startServer({
    tls: true,
    env: { ...vaultEnv(double), MINIO_SSE_VAULT_TIMEOUT: TIMEOUT, ...env },
  });
  await request("PUT", "/box");
  expect(await status("PUT", "/box/sealed", SSE_S3, LARGE)).toBe(200);
  expect(await status("PUT", "/box/plain", {}, LARGE)).toBe(200);
  expect(await status("PUT", "/box/customer", customer(1), LARGE)).toBe(200);
}

async function end(): Promise<void> {
  expect(await server.stop()).toBe(0);
  server.remove();
  await double.stop();
}

/** Each way for Vault not to be there, and back. */
const OUTAGES: readonly (readonly [name: string, begin: () => Promise<void>, end: () => Promise<void>])[] = [
  [
    "sealed",
    async () => void (double.state = "sealed"),
    async () => void (double.state = "ready"),
  ],
  ["a standby", async () => void (double.state = "standby"), async () => void (double.state = "ready")],
  ["down", () => double.stop(), async () => {
    await double.listen(undefined, Number(new URL(double.url).port));
  }],
  ...(["hang", "drip", "500", "truncated", "reset"] as const satisfies readonly Trouble[]).map((trouble) =>
    [
      `in trouble (${trouble})`,
      async () => void (double.trouble = trouble),
      async () => void (double.trouble = "none"),
    ] as const
  ),
];

describe("a server whose Vault", () => {
  let uploadId: string;
  beforeAll(async () => {
    await startWith();
    const begun = await request("POST", "/box/going?uploads", SSE_S3);
    uploadId = /<UploadId>([^<]+)/.exec(begun.body.toString())?.[1] ?? "";
  }, 30_000);
  afterAll(end);
  afterEach(() => {
    double.trouble = "none";
    double.state = "ready";
    double.delay = 0;
  });

  test.each(OUTAGES)("is %s refuses what takes a data key, stores nothing of it, and does all else", async (
    _name,
    begin,
    finish,
  ) => {
    await begin();
    const before = files();
    const part = `/box/going?partNumber=1&uploadId=${encodeURIComponent(uploadId)}`;
    expect(await refusal("PUT", "/box/new", SSE_S3, LARGE)).toEqual(UNAVAILABLE);
    expect(await refusal("PUT", "/box/sealed", SSE_S3, Buffer.from("another"))).toEqual(UNAVAILABLE);
    expect(await refusal("GET", "/box/sealed")).toEqual(UNAVAILABLE);
    expect(await refusal("POST", "/box/more?uploads", SSE_S3)).toEqual(UNAVAILABLE);
    expect(await refusal("PUT", part, {}, LARGE)).toEqual(UNAVAILABLE);
    const copy = { "x-amz-copy-source": "/box/plain", ...SSE_S3 };
    expect(await refusal("PUT", "/box/copy", copy)).toEqual(UNAVAILABLE);
    // What was replaced or deleted before may still be going.
    expect(files().filter((name) => !before.includes(name))).toEqual([]);

    const { body, headers } = await request("GET", "/box?list-type=2");
    expect([...body.toString().matchAll(/<Key>([^<]+)/g)].map((match) => match[1])).toEqual([
      "customer",
      "plain",
      "sealed",
    ]);
    expect(headers.get("retry-after")).toBeUndefined();
    const head = await request("HEAD", "/box/sealed");
    expect([head.status, head.headers.get("content-length")]).toEqual([200, String(LARGE.length)]);
    expect(body.toString()).toContain(head.headers.get("etag")?.slice(1, -1) ?? "no ETag");
    expect(await status("PUT", "/box/gone", {}, LARGE)).toBe(200);
    expect(await status("GET", "/box/gone")).toBe(200);
    expect(await status("DELETE", "/box/gone")).toBe(204);
    expect(await status("PUT", "/box/gone", customer(2), LARGE)).toBe(200);
    expect(await status("GET", "/box/gone", customer(2))).toBe(200);
    expect(await status("DELETE", "/box/gone")).toBe(204);

    await finish();
    await until(async () => await status("GET", "/box/sealed") === 200);
    expect(Buffer.compare((await request("GET", "/box/sealed")).body, LARGE)).toBe(0);
    expect(await status("PUT", "/box/doomed", SSE_S3, LARGE)).toBe(200);
    await begin();
    expect(await status("DELETE", "/box/doomed")).toBe(204);
    await finish();
    await until(async () => await status("PUT", part, {}, LARGE) === 200);
  }, 60_000);

  test("is slow is waited for, and holds up nobody else", async () => {
    double.delay = 100;
    const slow = Promise.all(
      Array.from({ length: 8 }, (_, i) => status("PUT", `/box/slow-${i}`, SSE_S3, LARGE)),
    );
    expect(await status("GET", "/box/plain")).toBe(200);
    expect(await slow).toEqual(Array(8).fill(200));
    double.delay = 0;
    for (let i = 0; i < 8; i++) await request("DELETE", `/box/slow-${i}`);
  });

  test("revokes its token is asked for another without a word", async () => {
    double.revokeAll();
    expect(await status("GET", "/box/sealed")).toBe(200);
  });

  test("is away does not make it unready, as long as no write needs it unasked", async () => {
    double.trouble = "500";
    await until(async () => await status("GET", "/box/sealed") === 503);
    expect(await status("GET", "/minio/health/live", {})).toBe(200);
    expect(await status("GET", "/minio/health/ready", {})).toBe(200);
    double.trouble = "none";
    await until(async () => await status("GET", "/box/sealed") === 200);
    const rule = "<Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm>" +
      "</ApplyServerSideEncryptionByDefault></Rule>";
    const document = `<ServerSideEncryptionConfiguration>${rule}</ServerSideEncryptionConfiguration>`;
    expect(await status("PUT", "/box?encryption", {}, Buffer.from(document))).toBe(200);
    expect(await status("GET", "/minio/health/ready", {})).toBe(200);
    double.trouble = "500";
    expect(await refusal("PUT", "/box/plain", {}, LARGE)).toEqual(UNAVAILABLE);
    expect(await status("GET", "/minio/health/ready", {})).toBe(503);
    expect(await status("GET", "/minio/health/live", {})).toBe(200);
    double.trouble = "none";
    await until(async () => await status("GET", "/minio/health/ready", {}) === 200);
    expect(await status("DELETE", "/box?encryption")).toBe(204);
  }, 60_000);
});

describe("a server with auto-encryption and a cache of data keys", () => {
  beforeAll(
    () => startWith({ MINIO_SSE_AUTO_ENCRYPTION: "on", MINIO_SSE_VAULT_CACHE_AGE: "1h" }),
    30_000,
  );
  afterAll(end);

  test("goes on reading through an outage what it read before, and is unready meanwhile", async () => {
    expect(await status("PUT", "/box/never-read", {}, LARGE)).toBe(200);
    expect(await status("GET", "/box/sealed")).toBe(200);
    double.calls = [];
    expect(await status("GET", "/box/sealed")).toBe(200);
    expect(double.calls).toEqual([]);
    double.state = "sealed";
    expect(Buffer.compare((await request("GET", "/box/sealed")).body, LARGE)).toBe(0);
    expect(await refusal("GET", "/box/never-read")).toEqual(UNAVAILABLE);
    expect(await refusal("PUT", "/box/new", {}, LARGE)).toEqual(UNAVAILABLE);
    await until(async () => await status("GET", "/minio/health/ready", {}) === 503);
    double.state = "ready";
    await until(async () => await status("GET", "/minio/health/ready", {}) === 200);
    expect(await status("GET", "/box/never-read")).toBe(200);
  }, 60_000);
});

test(
  "a request costs one call of Vault for each data key, and requests do not wait for one another",
  async () => {
    await startWith({ MINIO_SSE_VAULT_TIMEOUT: "10s" });
    try {
      double.calls = [];
      double.delay = 400;
      const puts = Array.from({ length: 16 }, (_, i) => status("PUT", `/box/${i}`, SSE_S3, bytesOf(4096, i)));
      expect(await Promise.all(puts)).toEqual(Array(16).fill(200));
      expect(double.calls).toEqual(Array(16).fill(`transit/datakey/plaintext/${KEY}`));
      double.calls = [];
      expect(await Promise.all(Array.from({ length: 16 }, (_, i) => status("GET", `/box/${i}`))))
        .toEqual(Array(16).fill(200));
      expect(double.calls).toEqual(Array(16).fill(`transit/decrypt/${KEY}`));
      expect(double.mostAtOnce).toBeGreaterThan(8);
      double.calls = [];
      await request("HEAD", "/box/1");
      await request("GET", "/box?list-type=2");
      expect(double.calls).toEqual([]);
    } finally {
      await end();
    }
  },
  30_000,
);
