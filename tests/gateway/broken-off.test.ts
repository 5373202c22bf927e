import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { bytesOf } from "../conformance/fixture.ts";
import { send } from "../raw-client.ts";
import { installedRuntimes, type RunningServer, startServer } from "../running-server.ts";
import { startBackend, type TestBackend } from "../store/s3/backend.ts";

const KMS = { MINIO_SSE_MASTER_KEY: `key:${"5a".repeat(32)}` };
const SSE_S3 = { "x-amz-server-side-encryption": "AES256" };
const body = bytesOf(300_000);

for (const runtime of installedRuntimes()) {
  describe(`a gateway on ${runtime}, whose kept connection breaks within a write`, () => {
    let broken = false;
    let writes = 0;
    let backend: TestBackend;
    let gateway: RunningServer;
    beforeAll(async () => {
      backend = await startBackend({
        trouble(incoming, outgoing) {
          if (incoming.method !== "PUT" || !incoming.url?.includes("partNumber=")) return false;
          writes++;
          if (!broken) return false;
          outgoing.writeContinue();
          incoming.once("data", () => incoming.socket.destroy());
          return true;
        },
      });
      gateway = await startServer({ runtime, gateway: backend.url, env: KMS });
      await send(gateway, { method: "PUT", target: "/box" });
    }, 60_000);
    afterAll(async () => {
      await gateway.stop();
      gateway.remove();
      await backend.close();
    });

    const put = () => send(gateway, { method: "PUT", target: "/box/key", headers: SSE_S3, body });

    test("sends it no second time, and goes on", async () => {
      broken = true;
      expect((await put()).status).toBe(503);
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect(writes).toBe(1);
      broken = false;
      expect((await put()).status).toBe(200);
      expect(Buffer.from(body).equals((await send(gateway, { method: "GET", target: "/box/key" })).body))
        .toBe(true);
    });
  });
}
