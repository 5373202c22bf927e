import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ACCESS_KEY, type RunningServer, SECRET_KEY, startServer } from "../running-server.ts";
import { MIB, sha256, write } from "./files.ts";
import { Client, findProgram } from "./program.ts";

const program = findProgram("s3cmd");

describe.skipIf(program === undefined)("s3cmd with encryption", () => {
  let server: RunningServer;
  let client: Client;
  const s3cmd = (...words: string[]) => client.run("--no-progress", ...words);
  const inHome = (name: string) => join(client.home, name);

  beforeAll(async () => {
    server = await startServer({ tls: true, env: { MINIO_SSE_MASTER_KEY: `my-key:${"5e".repeat(32)}` } });
    client = new Client(program ?? "", server);
    const settings = {
      access_key: ACCESS_KEY,
      secret_key: SECRET_KEY,
      host_base: `127.0.0.1:${server.port}`,
      host_bucket: `127.0.0.1:${server.port}`,
      use_https: "True",
      ca_certs_file: server.certificate,
      multipart_chunk_size_mb: "8",
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}\n`);
    write(inHome(".s3cfg"), Buffer.from(`[default]\n${lines.join("")}`));
    await s3cmd("mb", "s3://crate");
  }, 60_000);
  afterAll(async () => {
    await server.stop();
    server.remove();
    client.remove();
  });

  test("--server-side-encryption encrypts small files, those of 30 MB in parts, and copies", async () => {
    const files = { small: randomBytes(1000), large: randomBytes(30 * MIB) };
    for (const [name, bytes] of Object.entries(files)) {
      write(inHome(name), bytes);
      await s3cmd("put", "--server-side-encryption", name, `s3://crate/${name}`);
      expect(await s3cmd("info", `s3://crate/${name}`)).toMatch(/SSE: +AES256/);
      await s3cmd("get", "--force", `s3://crate/${name}`, "back");
      expect(sha256(readFileSync(inHome("back")))).toBe(sha256(bytes));
      await s3cmd("cp", "--server-side-encryption", `s3://crate/${name}`, `s3://crate/copy-${name}`);
      expect(await s3cmd("info", `s3://crate/copy-${name}`)).toMatch(/SSE: +AES256/);
      await s3cmd("get", "--force", `s3://crate/copy-${name}`, "back");
      expect(sha256(readFileSync(inHome("back")))).toBe(sha256(bytes));
    }
  }, 120_000);

  test("sync of encrypted files finds nothing to do the second time", async () => {
    write(inHome("tree/a"), randomBytes(100));
    write(inHome("tree/b"), randomBytes(70_000));
    await s3cmd("sync", "--server-side-encryption", "tree/", "s3://crate/tree/");
    expect(await s3cmd("sync", "--server-side-encryption", "tree/", "s3://crate/tree/")).not.toContain(
      "upload:",
    );
  }, 60_000);
});
