import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import {
  ACCESS_KEY,
  installedRuntimes,
  type RunningServer,
  SECRET_KEY,
  startServer,
} from "../running-server.ts";
import { signedChunks, signHeaders, type ToSign } from "./sign.ts";

const BODY = Buffer.alloc(10_000_000, "b");
const CHUNKS = Array.from({ length: 153 }, (_, i) => BODY.subarray(i * 65536, (i + 1) * 65536));

for (const runtime of installedRuntimes()) {
  for (const tls of [false, true]) {
    describe(`a client of ${runtime} over ${tls ? "https" : "http"} hears why its 10 MB are refused`, () => {
      let server: RunningServer;

      beforeAll(async () => {
        server = await startServer({ runtime, tls });
        const made = await send(server, signed({ path: "/box", headers: { "content-length": "0" } }));
        expect(made.slice(0, 12)).toBe("HTTP/1.1 200");
      }, 30_000);
      afterAll(async () => {
        await server.kill();
        server.remove();
      });

      function signed(changes: Pick<ToSign, "headers"> & Partial<ToSign>): ToSign {
        const own = { host: `127.0.0.1:${server.port}`, "x-amz-content-sha256": "UNSIGNED-PAYLOAD" };
        return {
          method: "PUT",
          path: "/box/key",
          query: "",
          accessKey: ACCESS_KEY,
          secretKey: SECRET_KEY,
          region: "us-east-1",
          time: Date.now(),
          ...changes,
          headers: { ...own, "content-length": String(BODY.length), ...changes.headers },
        };
      }

      test.each([
        ["by their SHA-256", { "x-amz-content-sha256": "0".repeat(64) }, 400, "XAmzContentSHA256Mismatch"],
        ["by their MD5", { "content-md5": "1B2M2Y8AsgTpgAmY7PhCfg==" }, 400, "BadDigest"],
        ["by their checksum", { "x-amz-checksum-crc32": "AAAAAA==" }, 400, "BadDigest"],
        ["since they are the first of too many", { "content-length": "6000000000" }, 400, "EntityTooLarge"],
      ])("%s", async (_why, headers, status, code) => {
        const answer = await send(server, signed({ headers }), BODY);
        expect(answer).toMatch(refusal(status, code));
      });

      test("since the bucket is not there", async () => {
        const answer = await send(server, signed({ path: "/none/key", headers: {} }), BODY);
        expect(answer).toMatch(refusal(404, "NoSuchBucket"));
      });

      test("since the signature does not fit", async () => {
        const answer = await send(server, signed({ secretKey: "another", headers: {} }), BODY);
        expect(answer).toMatch(refusal(403, "SignatureDoesNotMatch"));
      });

      /** A chunked upload and the bytes on the wire. */
      function chunked(): { readonly request: ToSign; readonly wire: Buffer } {
        const length = BODY.length + 153 * ("10000;chunk-signature=".length + 64 + 4) - 1 +
          "0;chunk-signature=".length + 64 + 4;
        const headers = {
          "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
          "x-amz-decoded-content-length": String(BODY.length),
          "content-length": String(length),
        };
        const request = signed({ headers });
        const wire = signedChunks(request, signHeaders(request), { chunks: CHUNKS });
        expect(wire.length).toBe(length);
        return { request, wire };
      }

      test.each([0, 76, 152])("since the signature of chunk %d does not fit", async (spoilt) => {
        const { request, wire } = chunked();
        const at = spoilt * (65536 + 90) + "10000;chunk-signature=".length + 5;
        wire[at] = wire[at] === 0x30 ? 0x31 : 0x30;
        expect(await send(server, request, wire)).toMatch(refusal(403, "SignatureDoesNotMatch"));
      });

      test("and none of it is stored", async () => {
        const list = signed({
          method: "GET",
          path: "/box",
          query: "list-type=2",
          headers: { "content-length": "0" },
        });
        expect(await send(server, list)).toContain("<KeyCount>0</KeyCount>");
      });

      test("unless nothing is wrong with them", async () => {
        const { request, wire } = chunked();
        expect((await send(server, request, wire)).slice(0, 12)).toBe("HTTP/1.1 200");
      });
    });
  }
}

function refusal(status: number, code: string): RegExp {
  return new RegExp(`^HTTP/1\\.1 ${status} [^]*<Error><Code>${code}</Code>[^]*</Error>$`);
}

/** Sends a request, its body without a pause, and resolves to all that came back when the answer is whole. */
async function send(
  server: RunningServer,
  request: ToSign,
  body: Uint8Array = new Uint8Array(),
): Promise<string> {
  const socket = await open(server);
  const target = request.query === "" ? request.path : `${request.path}?${request.query}`;
  const lines = Object.entries(signHeaders(request)).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  socket.write(`${request.method} ${target} HTTP/1.1\r\n${lines}\r\n`);
  // A server that has answered may close before the last bytes were taken.
  socket.on("error", () => {});
  socket.write(body);
  let received = "";
  for await (const chunk of socket) {
    received += chunk.toString("latin1");
    const [, length, rest] = /\r\ncontent-length: (\d+)\r\n[^]*?\r\n\r\n([^]*)$/i.exec(received) ?? [];
    if (rest !== undefined && rest.length >= Number(length)) break;
  }
  return received;
}

async function open(server: RunningServer): Promise<Socket> {
  if (!server.url.startsWith("https:")) {
    const socket = connect(server.port, "127.0.0.1");
    await once(socket, "connect");
    return socket;
  }
  const socket = connectTls({ host: "127.0.0.1", port: server.port, ca: readFileSync(server.certificate) });
  await once(socket, "secureConnect");
  return socket;
}
