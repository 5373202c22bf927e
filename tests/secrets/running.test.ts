import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { signHeaders } from "../auth/sign.ts";
import { newPlace, type Place, portIn, type Program, start } from "../cli/program.ts";
import { makeCertificate } from "../running-server.ts";
import { CONTENT_TYPE, multipart, type Part } from "../s3/post/multipart.ts";
import { keyMd5, MarkedSecrets } from "./marked.ts";

type Headers = Readonly<Record<string, string>>;
const SSE_C = "x-amz-server-side-encryption-customer";
const SOURCE = "x-amz-copy-source-server-side-encryption-customer";

const secrets = new MarkedSecrets();
const masterKey = secrets.key("master key");
const retiredKey = secrets.key("retired key");
const password = secrets.password("root password");
const clientKey = secrets.key("customer's key");
const otherKey = secrets.key("another customer's key");
const customer = (key: Buffer, prefix = SSE_C): Headers => ({
  [`${prefix}-algorithm`]: "AES256",
  [`${prefix}-key`]: key.toString("base64"),
  [`${prefix}-key-md5`]: keyMd5(key),
});

/** Customer keys as clients get them wrong. Each holds the whole key. */
const MALFORMED: readonly Headers[] = [
  { ...customer(clientKey), [`${SSE_C}-key`]: clientKey.toString("hex") },
  { ...customer(clientKey), [`${SSE_C}-key`]: `x${clientKey.toString("base64")}` },
  { ...customer(clientKey), [`${SSE_C}-key`]: clientKey.toString("base64url") },
  { ...customer(clientKey), [`${SSE_C}-key-md5`]: clientKey.toString("base64") },
  { ...customer(clientKey), [`${SSE_C}-key-md5`]: keyMd5(otherKey) },
  { ...customer(clientKey), [`${SSE_C}-algorithm`]: clientKey.toString("base64") },
  { [`${SSE_C}-key`]: clientKey.toString("base64") },
  { "x-amz-server-side-encryption": clientKey.toString("hex") },
  { "x-amz-server-side-encryption": "AES256", ...customer(clientKey) },
  { "x-amz-server-side-encryption-aws-kms-key-id": clientKey.toString("base64"), ...customer(clientKey) },
  { ...customer(clientKey, SOURCE) },
];

for (const mode of ["text", "json"] as const) {
  for (const tls of [true, false]) {
    describe(`a server over ${tls ? "https" : "http"} that logs ${mode}`, () => {
      let place: Place;
      let program: Program;
      let port = 0;
      let received = "";

      beforeAll(async () => {
        place = newPlace();
        const certificates = join(place.home, "certs");
        mkdirSync(certificates);
        if (tls) makeCertificate(certificates);
        const flags = [
          "--address",
          "127.0.0.1:0",
          "--certs-dir",
          certificates,
          ...(mode === "json" ? ["--json"] : []),
        ];
        program = start(place, ["server", ...flags, join(place.home, "data")], {
          MINIO_ROOT_USER: "someone",
          MINIO_ROOT_PASSWORD: password,
          MINIO_SSE_MASTER_KEY: `my-key:${masterKey.toString("hex")}`,
          MINIO_SSE_MASTER_KEY_RETIRED: `old-key:${retiredKey.toString("hex")}`,
        });
        port = portIn(await program.printed(/https?:\/\/127\.0\.0\.1:\d+/));
        await request("PUT", "/box");
      }, 30_000);
      afterAll(async () => {
        program.child.kill("SIGKILL");
        await program.ended;
        place.remove();
      });

      /** Sends bytes as they are and keeps what comes back. */
      function raw(bytes: Uint8Array): Promise<string> {
        return new Promise((resolve) => {
          const socket = tls
            ? connectTls({ host: "127.0.0.1", port, rejectUnauthorized: false })
            : connect(port, "127.0.0.1");
          let answer = "";
          const end = () => {
            received += answer;
            resolve(answer);
          };
          socket.on("data", (chunk: Buffer) => answer += chunk.toString("latin1"));
          socket.on("close", end);
          socket.on("error", end);
          socket.write(bytes);
        });
      }

      async function request(
        method: string,
        target: string,
        headers: Headers = {},
        body: Buffer = Buffer.alloc(0),
        secretKey = password,
      ) {
        const [path = "/", query = ""] = target.split("?");
        const signed = signHeaders({
          method,
          path,
          query,
          headers: {
            host: `127.0.0.1:${port}`,
            "x-amz-content-sha256": "UNSIGNED-PAYLOAD",
            "content-length": String(body.length),
            ...headers,
          },
          accessKey: "someone",
          secretKey,
          region: "us-east-1",
        });
        const lines = Object.entries({ ...signed, connection: "close" }).map(([name, value]) =>
          `${name}: ${value}\r\n`
        );
        const head = Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join("")}\r\n`, "latin1");
        const answer = await raw(Buffer.concat([head, body]));
        return Number(answer.slice(9, 12));
      }

      const form = (fields: Headers) => {
        const parts: Part[] = [["key", "form"], ...Object.entries(fields), ["file", "content", "f.bin"]];
        return request("POST", "/box", { "content-type": CONTENT_TYPE }, multipart(parts));
      };

      test("shows no secret in answers to requests that are wrong", async () => {
        const statuses = new Set<number>();
        const key = customer(clientKey);
        statuses.add(await request("PUT", "/box/key", key, Buffer.from("content")));
        statuses.add(await request("GET", "/box/key", customer(otherKey)));
        statuses.add(await request("GET", "/box/key"));
        for (const headers of MALFORMED) {
          statuses.add(await request("PUT", "/box/bad", headers, Buffer.from("content")));
          statuses.add(await request("GET", "/box/key", headers));
          statuses.add(await request("HEAD", "/box/key", headers));
          statuses.add(await request("POST", "/box/bad?uploads", headers));
          const copy = { "x-amz-copy-source": "/box/key", ...headers };
          statuses.add(await request("PUT", "/box/copy", copy));
          const source = Object.fromEntries(
            Object.entries(headers).map(([name, value]) => [name.replace(SSE_C, SOURCE), value]),
          );
          statuses.add(await request("PUT", "/box/copy", { "x-amz-copy-source": "/box/key", ...source }));
          statuses.add(await form(headers));
        }
        const hoisted = Object.entries(key).map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
          .join("&");
        statuses.add(await request("GET", `/box/key?${hoisted}`));
        statuses.add(await request("GET", `/box/none?${hoisted}`, key));
        statuses.add(await request("PUT", "/none/key", key, Buffer.from("content")));
        statuses.add(
          await request("PUT", "/box/key?uploadId=none&partNumber=1", key, Buffer.from("content")),
        );
        statuses.add(
          await request("PUT", "/box/key", { ...key, "content-md5": "bad" }, Buffer.from("content")),
        );
        statuses.add(
          await request("PUT", "/box/key", { ...key, "x-amz-checksum-crc32": "AAAAAA==" }, Buffer.from("x")),
        );
        expect(statuses.has(400)).toBe(true);
        expect([...statuses].every((status) => status >= 200 && status < 500 || status === 501)).toBe(true);
        expect(secrets.leaked(received)).toEqual([]);
      }, 60_000);

      test("shows no secret when requests cannot even be read, or break off", async () => {
        const lines = Object.entries(customer(clientKey)).map(([name, value]) => `${name}: ${value}\r\n`)
          .join("");
        await raw(Buffer.from(`PUT /box/key HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${lines}\r\n`));
        await raw(Buffer.from(`PUT /box/key HTTP/1.1\r\n${lines}this is no header\r\n\r\n`));
        await raw(Buffer.from(`PUT /box/key HTTP/9.9\r\n${lines}\r\n`));
        await raw(Buffer.from(`GET /box/%zz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${lines}\r\n`));
        await raw(Buffer.from(`PUT /box/key HTTP/1.1\r\nhost: x\r\n${lines.repeat(400)}\r\n`));
        const keys = customer(clientKey);
        expect(await request("PUT", "/box/key", keys, Buffer.from("x"), "wrong secret key")).toBe(403);
        expect(await request("GET", "/box/key", keys, Buffer.alloc(0), `${password}x`)).toBe(403);
        expect(received).toContain("HTTP/1.1 400");
        expect(secrets.leaked(received)).toEqual([]);
      }, 30_000);

      test("shows no secret in the log of a fault of its own", async () => {
        const body = randomBytes(200_000);
        const keys = tls ? customer(clientKey) : {};
        const kinds: readonly (readonly [target: string, write: Headers, read: Headers])[] = [
          ["/box/s3", { "x-amz-server-side-encryption": "AES256" }, {}],
          ...(tls ? [["/box/c", keys, keys] as const] : []),
        ];
        for (const [target, write] of kinds) expect(await request("PUT", target, write, body)).toBe(200);
        const blobs = join(place.home, "data", "blobs");
        for (const name of readdirSync(blobs, { recursive: true, encoding: "utf8" })) {
          const path = join(blobs, name);
          if (statSync(path).isFile()) writeFileSync(path, randomBytes(200_128));
        }
        for (const [target, , read] of kinds) {
          expect(await request("GET", target, read)).toBe(500);
          expect(await request("GET", target, { ...read, range: "bytes=100000-100010" })).toBe(500);
        }
        await Bun.sleep(50);
        const printed = program.out() + program.err();
        expect(printed).toContain("GetObject");
        expect(secrets.leaked(received)).toEqual([]);
        expect(secrets.leaked(printed)).toEqual([]);
      }, 30_000);

      test("shows no secret in all that it prints to its end", async () => {
        program.child.kill("SIGTERM");
        const { code, out, err } = await program.ended;
        expect(code).toBe(0);
        expect(out + err).toContain("my-key");
        expect(secrets.leaked(out + err)).toEqual([]);
      }, 20_000);
    });
  }
}
