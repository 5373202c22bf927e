import type { S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, test } from "bun:test";
import { type RunningServer, startServer } from "../running-server.ts";
import { clientOf } from "./client.ts";
import { copyDataSet, type DataSet, HAS_GOLDEN, MASTER_KEY } from "./data-sets.ts";
import { completesUploads, keepsLocked, listsEverything, readsEverything } from "./seen.ts";

const BACKEND_KEY = `backend-key:${"00".repeat(31)}01`;

for (
  const [name, backendSettings, settings] of [
    ["gateway-single-backend", {}, {}],
    ["gateway-double-backend", { MINIO_SSE_MASTER_KEY: BACKEND_KEY }, { MINIO_GATEWAY_SSE: "s3;c" }],
  ] as const
) {
  describe.skipIf(!HAS_GOLDEN)(`what a gateway of MinIO encrypted in ${name}`, () => {
    let data: DataSet;
    let backend: RunningServer;
    let gateway: RunningServer;
    let client: S3Client;
    beforeAll(async () => {
      data = copyDataSet(name);
      backend = await startServer({ tls: true, directory: data.directory, env: backendSettings });
      gateway = await startServer({
        tls: true,
        gateway: backend.url,
        env: { MINIO_SSE_MASTER_KEY: MASTER_KEY, MINIO_GATEWAY_CAPATH: backend.certificate, ...settings },
      });
      client = clientOf(gateway);
    }, 60_000);
    afterAll(async () => {
      client.destroy();
      for (const server of [gateway, backend]) {
        await server.stop();
        server.remove();
      }
      data.remove();
    });

    test("is listed with sizes and ETags", () => listsEverything(client, data));
    test("is told of and downloaded, whole and in part", () => readsEverything(client, data));
    test("stays closed without its keys", () => keepsLocked(client, data));
    test("goes on where uploads were left unfinished", () => completesUploads(client, data));
  });
}
