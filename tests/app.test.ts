import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { createApp } from "../src/app.ts";
import { listen, type Listening } from "../src/http/listen.ts";
import { createLog } from "../src/log/log.ts";
import { gauge } from "../src/metrics/exposition.ts";
import { Wire } from "./http/wire.ts";

let listening: Listening;
let ready: () => Promise<boolean>;
let s3: Parameters<typeof createApp>[0]["s3"];
let logged: string[];
let allowed: boolean;

beforeEach(async () => {
  logged = [];
  allowed = false;
  ready = async () => true;
  s3 = async (incoming, outgoing) => {
    const body = Buffer.from(`${incoming.method} ${incoming.url}`);
    outgoing.writeHead(200, { "Content-Length": body.length });
    outgoing.end(incoming.method === "HEAD" ? undefined : body);
  };
  const log = createLog({ json: false, quiet: false, write: (entry) => void logged.push(entry) });
  const metrics = {
    pages: new Map([["/metrics", async () => [gauge("a", 1, "A.")]]]),
    allows: async () => allowed,
  };
  listening = await listen({
    address: { host: "127.0.0.1", port: 0 },
    certificate: undefined,
    handler: createApp({
      s3: (...message) => s3(...message),
      ready: () => ready(),
      hostId: "host",
      metrics,
      log,
    }),
    hostId: "host",
    log,
  });
});
afterEach(() => listening.close(0));

/** Status and body of the answer to a request line. */
async function ask(line: string): Promise<{ status: number; body: string; head: string }> {
  const wire = await Wire.open(listening.port);
  wire.send(`${line} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n`);
  const [head = "", body = ""] = (await wire.closed()).split("\r\n\r\n");
  return { status: Number(head.slice(9, 12)), body, head };
}

describe("health", () => {
  test.each(["live", "ready", "cluster", "cluster/read"])(
    "/minio/health/%s answers GET and HEAD with an empty 200",
    async (name) => {
      for (const method of ["GET", "HEAD"]) {
        const { status, body, head } = await ask(`${method} /minio/health/${name}`);
        expect([status, body]).toEqual([200, ""]);
        expect(head).toMatch(/content-length: 0/i);
        expect(head).toMatch(/x-amz-request-id: [0-9A-F]{16}\r\n/i);
        expect(head).toMatch(/x-amz-id-2: host\r\n/i);
      }
    },
  );

  test("ready and cluster answer 503 while the server cannot work, and live goes on", async () => {
    ready = async () => false;
    const answers = await Promise.all(
      ["live", "ready", "cluster"].map((name) => ask(`GET /minio/health/${name}?verbose`)),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 503, 503]);
  });

  test("a check that fails is a 500 and is logged", async () => {
    ready = () => Promise.reject(new Error("no idea"));
    const { status, head } = await ask("GET /minio/health/ready");
    expect(status).toBe(500);
    expect(logged.join()).toContain("no idea");
    const [, id] = /x-amz-request-id: (\w+)/i.exec(head) ?? [];
    expect(logged.join()).toContain(`the request ${id} could not be answered`);
  });
});

describe("metrics", () => {
  test("show their page to whom they are for, and answer 403 to everybody else", async () => {
    expect(await ask("GET /metrics")).toMatchObject({ status: 403, body: "" });
    allowed = true;
    const { status, head, body } = await ask("GET /metrics");
    expect([status, body]).toEqual([200, "# HELP a A.\n# TYPE a gauge\na 1\n"]);
    expect(head).toMatch(/content-type: text\/plain; version=0\.0\.4; charset=utf-8\r\n/i);
    expect(head).toMatch(/x-amz-request-id: [0-9A-F]{16}\r\n/i);
  });

  test("are read with GET alone; the rest of their path is S3's", async () => {
    expect((await ask("POST /metrics")).body).toBe("POST /metrics");
  });
});

describe("everything else", () => {
  test.each([
    "GET /",
    "GET /bucket/key",
    "PUT /bucket/a/../b//%2e%2e/c%2Fd?partNumber=1&x=%zz",
    "DELETE /bucket/./x",
    "POST /minio/health/live",
    "GET /minio/health/live/",
    "GET /bucket/../minio/health/live",
    "GET /minio%2Fhealth/live",
    "TRACE /bucket/key",
    "OPTIONS /bucket/key",
    "PROPFIND /bucket",
  ])("%s is S3's, with its target as it was sent", async (line) => {
    expect(await ask(line)).toMatchObject({ status: 200, body: line });
  });

  test("HEAD reaches S3 as HEAD", async () => {
    const { status, head, body } = await ask("HEAD /bucket/key");
    expect([status, body]).toEqual([200, ""]);
    expect(head).toContain(`Content-Length: ${"HEAD /bucket/key".length}`);
  });

  test("a service that fails against its promise ends as a 500 that tells nothing, and is logged", async () => {
    s3 = () => Promise.reject(new Error("secret detail"));
    expect(await ask("GET /bucket/key")).toMatchObject({ status: 500, body: "" });
    expect(logged.join()).toContain("secret detail");
  });

  test("one that fails inside its answer cuts it short", async () => {
    s3 = async (_incoming, outgoing) => {
      outgoing.writeHead(200, { "Content-Length": 100 });
      outgoing.write(Buffer.from("begin"));
      await Bun.sleep(50);
      throw new Error("lost");
    };
    expect((await ask("GET /bucket/key")).body).toBe("begin");
    expect(logged.join()).toContain("lost");
  });
});
