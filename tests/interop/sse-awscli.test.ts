import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type RunningServer, startServer } from "../running-server.ts";
import { MIB, sha256, write } from "./files.ts";
import { Client, findProgram } from "./program.ts";

const program = findProgram("aws");

describe.skipIf(program === undefined)("awscli with encryption", () => {
  let server: RunningServer;
  let client: Client;
  const aws = (...words: string[]) => client.run("--endpoint-url", server.url, ...words);
  const attempt = (...words: string[]) => client.attempt("--endpoint-url", server.url, ...words);
  const api = async (...words: string[]) => JSON.parse(await aws("s3api", ...words) || "{}");
  const inHome = (name: string) => join(client.home, name);
  const head = (key: string, ...more: string[]) =>
    api("head-object", "--bucket", "crate", "--key", key, ...more);
  const small = randomBytes(5000);
  const large = randomBytes(30 * MIB);
  const KEY = ["--sse-c", "AES256", "--sse-c-key", "fileb://key"];
  const API_KEY = ["--sse-customer-algorithm", "AES256", "--sse-customer-key", "fileb://key"];

  beforeAll(async () => {
    server = await startServer({ tls: true, env: { MINIO_SSE_MASTER_KEY: `my-key:${"5e".repeat(32)}` } });
    client = new Client(program ?? "", server);
    write(inHome("small"), small);
    write(inHome("large"), large);
    write(inHome("key"), randomBytes(32));
    write(inHome("other"), randomBytes(32));
    await aws("s3", "mb", "s3://crate");
  }, 60_000);
  afterAll(async () => {
    await server.stop();
    server.remove();
    client.remove();
  });

  test(
    "--sse AES256 encrypts small files and those of 30 MB in parts, and nobody needs a key to read them",
    async () => {
      for (const [name, bytes] of [["small", small], ["large", large]] as const) {
        await aws("s3", "cp", name, `s3://crate/s3/${name}`, "--sse", "AES256");
        const { ServerSideEncryption, ContentLength } = await head(`s3/${name}`);
        expect([ServerSideEncryption, ContentLength]).toEqual(["AES256", bytes.length]);
        await aws("s3", "cp", `s3://crate/s3/${name}`, "back");
        expect(sha256(readFileSync(inHome("back")))).toBe(sha256(bytes));
      }
    },
    120_000,
  );

  test("--sse-c encrypts under the key of a file, which it takes to read", async () => {
    for (const [name, bytes] of [["small", small], ["large", large]] as const) {
      await aws("s3", "cp", name, `s3://crate/c/${name}`, ...KEY);
      const { SSECustomerAlgorithm, ContentLength } = await head(`c/${name}`, ...API_KEY);
      expect([SSECustomerAlgorithm, ContentLength]).toEqual(["AES256", bytes.length]);
      await aws("s3", "cp", `s3://crate/c/${name}`, "back", ...KEY);
      expect(sha256(readFileSync(inHome("back")))).toBe(sha256(bytes));
      expect((await attempt("s3", "cp", `s3://crate/c/${name}`, "none")).stderr).toContain("(400)");
      const other = ["--sse-c", "AES256", "--sse-c-key", "fileb://other"];
      expect((await attempt("s3", "cp", `s3://crate/c/${name}`, "none", ...other)).stderr).toContain("(403)");
    }
  }, 120_000);

  test("copies go from one kind of encryption to another, small and in parts", async () => {
    await aws("s3", "cp", "small", "s3://crate/from/small", ...KEY);
    await aws("s3", "cp", "large", "s3://crate/from/large", ...KEY);
    const source = ["--sse-c-copy-source", "AES256", "--sse-c-copy-source-key", "fileb://key"];
    for (const [name, bytes] of [["small", small], ["large", large]] as const) {
      await aws("s3", "cp", `s3://crate/from/${name}`, `s3://crate/to/${name}`, ...source, "--sse", "AES256");
      expect((await head(`to/${name}`)).ServerSideEncryption).toBe("AES256");
      await aws("s3", "cp", `s3://crate/to/${name}`, "back");
      expect(sha256(readFileSync(inHome("back")))).toBe(sha256(bytes));
      const other = ["--sse-c", "AES256", "--sse-c-key", "fileb://other"];
      await aws("s3", "cp", `s3://crate/from/${name}`, `s3://crate/again/${name}`, ...source, ...other);
      await aws("s3", "cp", `s3://crate/again/${name}`, "back", ...other);
      expect(sha256(readFileSync(inHome("back")))).toBe(sha256(bytes));
    }
  }, 180_000);

  test("a copy onto itself rotates a customer's key", async () => {
    await aws("s3", "cp", "small", "s3://crate/rotated", ...KEY);
    await api(
      ...["copy-object", "--bucket", "crate", "--key", "rotated", "--copy-source", "crate/rotated"],
      ...["--copy-source-sse-customer-algorithm", "AES256", "--copy-source-sse-customer-key", "fileb://key"],
      ...["--sse-customer-algorithm", "AES256", "--sse-customer-key", "fileb://other"],
    );
    expect((await attempt("s3", "cp", "s3://crate/rotated", "none", ...KEY)).stderr).toContain("(403)");
    await aws("s3", "cp", "s3://crate/rotated", "back", "--sse-c", "AES256", "--sse-c-key", "fileb://other");
    expect(sha256(readFileSync(inHome("back")))).toBe(sha256(small));
  }, 60_000);

  test("a bucket's default encryption is put, told and removed", async () => {
    await aws("s3", "mb", "s3://barrel");
    const rules = { Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } }] };
    const put = ["put-bucket-encryption", "--bucket", "barrel", "--server-side-encryption-configuration"];
    await api(...put, JSON.stringify(rules));
    const told = await api("get-bucket-encryption", "--bucket", "barrel");
    expect(told.ServerSideEncryptionConfiguration.Rules[0].ApplyServerSideEncryptionByDefault.SSEAlgorithm)
      .toBe("AES256");
    await aws("s3", "cp", "small", "s3://barrel/small");
    expect((await api("head-object", "--bucket", "barrel", "--key", "small")).ServerSideEncryption).toBe(
      "AES256",
    );
    await api("delete-bucket-encryption", "--bucket", "barrel");
    expect((await attempt("s3api", "get-bucket-encryption", "--bucket", "barrel")).stderr)
      .toContain("ServerSideEncryptionConfigurationNotFoundError");
  }, 60_000);
});
