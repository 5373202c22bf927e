import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { send } from "../raw-client.ts";
import {
  ACCESS_KEY,
  installedRuntimes,
  type RunningServer,
  SECRET_KEY,
  startServer,
} from "../running-server.ts";
import { type Entry, openReceiver, type Receiver } from "./receiver.ts";

const MASTER_KEY = `my-key:${"5a".repeat(32)}`;

let directory: string;
let receiver: Receiver;
let server: RunningServer | undefined;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "minio-ts-audit-"));
  receiver = await openReceiver();
});
afterEach(async () => {
  receiver.close();
  await server?.kill();
  server?.remove();
  server = undefined;
  rmSync(directory, { recursive: true, force: true });
});

const hook = (more: Readonly<Record<string, string>> = {}) => ({
  MINIO_AUDIT_WEBHOOK_ENABLE_siem: "on",
  MINIO_AUDIT_WEBHOOK_ENDPOINT_siem: receiver.url,
  ...more,
});

for (const runtime of installedRuntimes()) {
  describe(`on ${runtime}`, () => {
    test("every request is told to the webhook and to the file, in MinIO's shape", async () => {
      const file = join(directory, "audit.log");
      const env = {
        ...hook({ MINIO_AUDIT_WEBHOOK_AUTH_TOKEN_siem: "hook-token" }),
        MINIO_AUDIT_LOG_PATH: file,
        MINIO_SSE_MASTER_KEY: MASTER_KEY,
      };
      server = await startServer({ runtime, env });
      await send(server, { method: "PUT", target: "/audited" });
      await send(server, { method: "PUT", target: "/audited/a%20b", body: Buffer.alloc(1000) });
      const got = await send(server, { method: "GET", target: "/audited/a%20b?response-expires=0" });
      await send(server, { method: "GET", target: "/audited/none", anonymous: true });
      await receiver.until(4);
      expect(await server.stop()).toBe(0);

      const lines = readFileSync(file, "utf8").trimEnd().split("\n").map((line): Entry => JSON.parse(line));
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(lines.map(({ api }) => [api.name, api.bucket, api.object, api.statusCode, api.rx])).toEqual([
        ["PutBucket", "audited", undefined, 200, 0],
        ["PutObject", "audited", "a b", 200, 1000],
        ["GetObject", "audited", "a b", 200, 0],
        ["GetObject", "audited", "none", 403, 0],
      ]);
      const byId = (a: Entry, b: Entry) => a.requestID < b.requestID ? -1 : 1;
      expect(receiver.entries.toSorted(byId)).toEqual(lines.toSorted(byId));
      expect(lines[2]).toMatchObject({
        version: "1",
        deploymentid: expect.stringMatching(/^[0-9a-f-]{36}$/),
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        trigger: "incoming",
        api: {
          status: "OK",
          tx: 1000,
          timeToFirstByte: expect.stringMatching(/^\d+ns$/),
          timeToResponse: expect.stringMatching(/^\d+ns$/),
        },
        remotehost: "127.0.0.1",
        requestID: got.headers.get("x-amz-request-id"),
        requestPath: "/audited/a%20b",
        requestHost: `127.0.0.1:${server.port}`,
        requestQuery: { "response-expires": "0" },
        requestHeader: { "X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD", "Host": `127.0.0.1:${server.port}` },
        responseHeader: { "Content-Length": "1000", "X-Amz-Request-Id": got.headers.get("x-amz-request-id") },
        accessKey: ACCESS_KEY,
      });
      expect(lines[3]).toMatchObject({ api: { status: "Forbidden" }, error: "AccessDenied" });
      expect(lines[3]).not.toHaveProperty("accessKey");
      const [first] = receiver.requests;
      expect([first?.method, first?.url, first?.headers.authorization, first?.headers["content-type"]])
        .toEqual([
          "POST",
          "/audit?from=test",
          "Bearer hook-token",
          "application/json",
        ]);
    }, 30_000);

    test("entries that wait when the server is stopped arrive before it ends", async () => {
      receiver.status = 503;
      server = await startServer({ runtime, env: hook() });
      for (let i = 0; i < 20; i++) await send(server, { method: "GET", target: "/", anonymous: true });
      expect(receiver.entries).toEqual([]);
      const stopped = server.stop();
      await Bun.sleep(100);
      receiver.status = 200;
      expect(await stopped).toBe(0);
      expect(receiver.entries.length).toBe(20);
      expect(server.printed()).toContain("audit entries do not reach webhook siem, and wait");
      expect(server.printed()).toContain("answers 503");
    }, 30_000);

    test(
      "a webhook that hangs neither slows a request nor holds up the end beyond the deadline",
      async () => {
        const silent = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
        const env = {
          ...hook({
            MINIO_AUDIT_WEBHOOK_ENDPOINT_siem: `http://127.0.0.1:${silent.port}/`,
            MINIO_AUDIT_WEBHOOK_QUEUE_SIZE_siem: "5",
          }),
          MINIO_SHUTDOWN_TIMEOUT: "1s",
          MINIO_PROMETHEUS_AUTH_TYPE: "public",
        };
        server = await startServer({ runtime, env });
        for (let i = 0; i < 20; i++) await send(server, { method: "GET", target: "/", anonymous: true });
        const { body } = await send(server, {
          method: "GET",
          target: "/minio/v2/metrics/cluster",
          anonymous: true,
        });
        expect(body.toString()).toContain('minio_audit_total_messages{target_id="webhook siem"} 20\n');
        expect(body.toString()).toContain('minio_audit_failed_messages{target_id="webhook siem"} 15\n');
        expect(body.toString()).toContain('minio_audit_target_queue_length{target_id="webhook siem"} 5\n');
        expect(await server.stop()).toBe(0);
        expect(server.printed()).toContain("5 audit entries did not reach webhook siem.");
        silent.stop(true);
      },
      30_000,
    );
  });
}

test("no secret of a request is in its entry", async () => {
  const file = join(directory, "audit.log");
  server = await startServer({ tls: true, env: { MINIO_AUDIT_LOG_PATH: file } });
  const customerKey = Buffer.alloc(32, 7).toString("base64");
  await send(server, { method: "PUT", target: "/audited" });
  for (const prefix of ["x-amz-server-side-encryption", "x-amz-copy-source-server-side-encryption"]) {
    await send(server, {
      method: "PUT",
      target: "/audited/secret?X-Amz-Security-Token=session-token",
      body: Buffer.from("body-text"),
      headers: {
        [`${prefix}-customer-key`]: customerKey,
        [`${prefix}-customer-algorithm`]: "AES256",
        "x-amz-security-token": "session-token",
        "referer": "https://x/?X-Amz-Signature=0123456789abcdef",
      },
    });
  }
  await send(server, {
    method: "GET",
    target:
      `/audited/x?X-Amz-Signature=0123456789abcdef&x-amz-server-side-encryption-customer-key=${customerKey}`,
    anonymous: true,
  });
  await server.stop();
  const text = readFileSync(file, "utf8");
  expect(text.trimEnd().split("\n").length).toBe(4);
  for (const secret of [customerKey, "session-token", "0123456789abcdef", "body-text", SECRET_KEY]) {
    expect(text).not.toContain(secret);
  }
  expect(text).not.toMatch(/Signature=[0-9a-f]/);
  expect(text).toContain(`Credential=${ACCESS_KEY}/`);
}, 30_000);
