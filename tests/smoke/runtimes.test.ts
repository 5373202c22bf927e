import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { createHash, randomBytes } from "node:crypto";
import { send } from "../raw-client.ts";
import { installedRuntimes, type RunningServer, startServer } from "../running-server.ts";

const BODY = randomBytes(3 * 1024 * 1024 + 17);
const md5 = (bytes: Uint8Array) => createHash("md5").update(bytes).digest("hex");

for (const runtime of installedRuntimes()) {
  for (const tls of [false, true]) {
    describe(`the server on ${runtime} over ${tls ? "https" : "http"}`, () => {
      let server: RunningServer;
      beforeAll(async () => {
        server = await startServer({ runtime, tls });
        await send(server, { method: "PUT", target: "/smoke" });
        await send(server, { method: "PUT", target: "/smoke/big", body: BODY });
      }, 30_000);
      afterAll(() => {
        void server.kill();
        server.remove();
      });

      test("PutObject answers the MD5 as ETag and GetObject gives the bytes back", async () => {
        const put = await send(server, { method: "PUT", target: "/smoke/small", body: Buffer.from("hello") });
        expect([put.status, put.headers.get("etag")]).toEqual([200, `"${md5(Buffer.from("hello"))}"`]);
        const get = await send(server, { method: "GET", target: "/smoke/big" });
        expect([get.status, md5(get.body)]).toEqual([200, md5(BODY)]);
      });

      test("HeadObject tells the length and sends no body", async () => {
        const head = await send(server, { method: "HEAD", target: "/smoke/big" });
        expect([head.status, head.headers.get("content-length"), head.body.length]).toEqual([
          200,
          String(BODY.length),
          0,
        ]);
      });

      test("a range gives exactly its bytes", async () => {
        const range = { range: "bytes=1048570-1048590" };
        const get = await send(server, { method: "GET", target: "/smoke/big", headers: range });
        expect([get.status, get.headers.get("content-length"), get.headers.get("content-range")]).toEqual([
          206,
          "21",
          `bytes 1048570-1048590/${BODY.length}`,
        ]);
        expect(get.body.equals(BODY.subarray(1048570, 1048591))).toBe(true);
      });

      test("If-None-Match with the ETag answers 304 without body or length of one", async () => {
        const get = await send(server, {
          method: "GET",
          target: "/smoke/big",
          headers: { "if-none-match": `"${md5(BODY)}"` },
        });
        expect([get.status, get.body.length, get.headers.get("etag")]).toEqual([304, 0, `"${md5(BODY)}"`]);
      });

      test("a refused upload is answered before its body is asked for", async () => {
        const put = await send(server, {
          method: "PUT",
          target: "/smoke/refused",
          anonymous: true,
          expect: true,
          body: BODY,
        });
        expect([put.status, put.continued, put.headers.get("connection")?.toLowerCase()]).toEqual([
          403,
          false,
          "close",
        ]);
        expect(put.body.toString()).toContain("<Code>AccessDenied</Code>");
      });

      test("an accepted upload is told to continue", async () => {
        const put = await send(server, {
          method: "PUT",
          target: "/smoke/continued",
          expect: true,
          body: BODY,
        });
        expect([put.status, put.continued, put.headers.get("etag")]).toEqual([200, true, `"${md5(BODY)}"`]);
      });

      test("an upload that the client aborts changes nothing", async () => {
        await send(server, { method: "PUT", target: "/smoke/kept", body: Buffer.from("old") });
        await send(server, { method: "PUT", target: "/smoke/kept", body: BODY, abortAfter: 1_000_000 });
        await send(server, { method: "PUT", target: "/smoke/never", body: BODY, abortAfter: 100 });
        await Bun.sleep(100);
        const kept = await send(server, { method: "GET", target: "/smoke/kept" });
        expect(kept.body.toString()).toBe("old");
        expect((await send(server, { method: "HEAD", target: "/smoke/never" })).status).toBe(404);
      });

      test("awkward paths name different objects and come back as they are", async () => {
        const paths = [
          "a/../b",
          "a/./b",
          "a//b",
          "/a",
          "a/",
          "..",
          ".",
          "%2e%2e/x",
          "a%2Fb",
          "%F0%9F%98%80",
          "a+b",
        ];
        for (const path of paths) {
          const put = await send(server, {
            method: "PUT",
            target: `/smoke/${path}`,
            body: Buffer.from(path),
          });
          expect([path, put.status]).toEqual([path, 200]);
        }
        for (const path of paths) {
          const get = await send(server, { method: "GET", target: `/smoke/${path}` });
          expect([path, get.body.toString()]).toEqual([path, path]);
        }
        const list = await send(server, {
          method: "GET",
          target: "/smoke?list-type=2&encoding-type=url&prefix=a",
        });
        expect([...list.body.toString().matchAll(/<Key>([^<]*)<\/Key>/g)].map((match) => match[1])).toEqual([
          "a%2Bb",
          "a/",
          "a/../b",
          "a/./b",
          "a//b",
          "a/b",
        ]);
      });

      test("an unknown key answers 404 with the document of S3", async () => {
        const get = await send(server, { method: "GET", target: "/smoke/none" });
        expect(get.status).toBe(404);
        expect(get.body.toString()).toMatch(/<Code>NoSuchKey<\/Code>.*<RequestId>[0-9A-F]{16}<\/RequestId>/);
      });

      test("SIGTERM ends it with exit code 0", async () => {
        expect(await server.stop()).toBe(0);
      }, 20_000);
    });
  }
}
