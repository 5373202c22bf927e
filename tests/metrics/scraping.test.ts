import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { newPlace, run } from "../cli/program.ts";
import { type RawRequest, send } from "../raw-client.ts";
import {
  ACCESS_KEY,
  installedRuntimes,
  type RunningServer,
  SECRET_KEY,
  startServer,
} from "../running-server.ts";

const CREDENTIALS = { MINIO_ROOT_USER: ACCESS_KEY, MINIO_ROOT_PASSWORD: SECRET_KEY };
/** A request signed long ago, by nobody. */
const FORGED = {
  "authorization": "AWS4-HMAC-SHA256 Credential=nobody/20260101/us-east-1/s3/aws4_request," +
    `SignedHeaders=host;x-amz-content-sha256;x-amz-date,Signature=${"0".repeat(64)}`,
  "x-amz-date": "20260101T000000Z",
  "x-amz-content-sha256": "UNSIGNED-PAYLOAD",
};

const MASTER_KEY = `my-key:${"5a".repeat(32)}`;

for (const runtime of installedRuntimes()) {
  describe(`on ${runtime}`, () => {
    let server: RunningServer;
    let token: string;
    beforeAll(async () => {
      server = await startServer({ runtime, env: { MINIO_SSE_MASTER_KEY: MASTER_KEY } });
      const place = newPlace();
      token = (await run(place, ["prometheus-token"], CREDENTIALS, runtime)).out.trim();
      place.remove();
    }, 30_000);
    afterAll(async () => {
      await server.stop();
      server.remove();
    });

    /** The numbers of a page by name and labels. */
    async function scrape(target: string): Promise<ReadonlyMap<string, number>> {
      const headers = { authorization: `Bearer ${token}` };
      const { status, body } = await send(server, { method: "GET", target, headers, anonymous: true });
      expect(status).toBe(200);
      const lines = body.toString().split("\n").filter((line) => line !== "" && !line.startsWith("#"));
      return new Map(lines.map((line): [string, number] => {
        const cut = line.lastIndexOf(" ");
        return [line.slice(0, cut), Number(line.slice(cut + 1))];
      }));
    }
    const ask = (method: RawRequest["method"], target: string, more: Partial<RawRequest> = {}) =>
      send(server, { method, target, ...more });

    test("the pages count requests, errors and bytes by operation, and nothing that a client makes up", async () => {
      await ask("PUT", "/metered");
      await ask("PUT", "/metered/a", {
        body: Buffer.alloc(1000),
        headers: { "x-amz-server-side-encryption": "AES256" },
      });
      await ask("GET", "/metered/a");
      await ask("GET", "/metered/missing");
      await ask("GET", "/metered/a", { anonymous: true });
      await ask("GET", "/metered/a", { anonymous: true, headers: FORGED });
      await ask("BREW", "/metered/a");
      await ask("GET", "/metered/a?torrent");
      const numbers = await scrape("/minio/v2/metrics/cluster");
      const told = (name: string) => numbers.get(name);
      expect(told('minio_s3_requests_total{api="putobject"}')).toBe(1);
      expect(told('minio_s3_requests_total{api="getobject"}')).toBe(4);
      expect(told('minio_s3_requests_4xx_errors_total{api="getobject"}')).toBe(3);
      expect(told('minio_s3_requests_errors_total{api="putobject"}')).toBe(0);
      expect(told('minio_s3_requests_inflight_total{api="getobject"}')).toBe(0);
      expect(told('minio_s3_requests_ttfb_seconds_distribution{api="getobject",le="+Inf"}')).toBe(4);
      expect(told("minio_s3_requests_rejected_timestamp_total")).toBe(1);
      expect(told("minio_s3_traffic_received_bytes")).toBe(1000);
      expect(told("minio_s3_traffic_sent_bytes")).toBeGreaterThan(1000);
      expect(told("minio_cluster_kms_online")).toBe(1);
      expect(told("minio_cluster_kms_request_success")).toBeGreaterThanOrEqual(2);
      expect(told("minio_cluster_health_status")).toBe(1);
      expect(told("minio_cluster_capacity_raw_total_bytes")).toBeGreaterThan(0);
      expect(told("minio_node_process_resident_memory_bytes")).toBeGreaterThan(10_000_000);
      const apis = new Set([...numbers.keys()].flatMap((name) => /api="([^"]*)"/.exec(name)?.[1] ?? []));
      expect([...apis].sort()).toEqual(["getobject", "putbucket", "putobject", "unknown"]);
    });

    test("the cluster page tells the usage of buckets once a walk has found it", async () => {
      await ask("PUT", "/used");
      await ask("PUT", "/used/a", { body: Buffer.alloc(1000) });
      await ask("PUT", "/used/b", { body: Buffer.alloc(2000) });
      let numbers = await scrape("/minio/v2/metrics/cluster");
      while (!numbers.has("minio_cluster_usage_object_total")) {
        await Bun.sleep(20);
        numbers = await scrape("/minio/v2/metrics/cluster");
      }
      expect(numbers.get('minio_bucket_usage_object_total{bucket="metered"}')).toBe(1);
    });

    test("the page of a node and the old one have their own names", async () => {
      const node = await scrape("/minio/v2/metrics/node");
      expect(node.has("minio_node_process_uptime_seconds")).toBe(true);
      expect(node.has("minio_cluster_health_status")).toBe(false);
      const old = await scrape("/minio/prometheus/metrics");
      expect(old.get('s3_requests_total{api="getobject"}')).toBe(4);
      expect(old.get('s3_ttfb_seconds_count{api="getobject"}')).toBe(4);
      expect(old.get("process_resident_memory_bytes")).toBeGreaterThan(10_000_000);
    });

    test("nobody reads them without the token", async () => {
      for (
        const path of ["/minio/v2/metrics/cluster", "/minio/v2/metrics/node", "/minio/prometheus/metrics"]
      ) {
        expect((await ask("GET", path, { anonymous: true })).status).toBe(403);
        expect((await ask("GET", path)).status).toBe(403);
      }
    });
  });
}

test("MINIO_PROMETHEUS_AUTH_TYPE=public shows the metrics to everybody", async () => {
  const server = await startServer({ env: { MINIO_PROMETHEUS_AUTH_TYPE: "public" } });
  const answer = await send(server, { method: "GET", target: "/minio/v2/metrics/node", anonymous: true });
  expect(answer.status).toBe(200);
  await server.stop();
  server.remove();
});
