import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type RunningServer, startServer } from "../running-server.ts";
import { MIB, sha256, write } from "./files.ts";
import { Client, findProgram } from "./program.ts";

const program = findProgram("aws");
const KMS = { MINIO_SSE_MASTER_KEY: `my-key:${"5e".repeat(32)}` };

for (
  const [name, settings] of [
    ["passes everything through", {}],
    ["encrypts, and its backend as well", { ...KMS, MINIO_GATEWAY_SSE: "s3;c" }],
  ] as const
) {
  describe.skipIf(program === undefined)(`awscli with a gateway that ${name}`, () => {
    let backend: RunningServer;
    let gateway: RunningServer;
    let client: Client;
    const aws = (...words: string[]) => client.run("--endpoint-url", gateway.url, ...words);
    const small = randomBytes(5000);
    const large = randomBytes(20 * MIB + 3);
    const KEY = ["--sse-c", "AES256", "--sse-c-key", "fileb://key"];

    beforeAll(async () => {
      backend = await startServer({ tls: true, env: { MINIO_SSE_MASTER_KEY: `backend:${"6f".repeat(32)}` } });
      gateway = await startServer({
        tls: true,
        gateway: backend.url,
        env: { MINIO_GATEWAY_CAPATH: backend.certificate, ...settings },
      });
      client = new Client(program ?? "", gateway);
      write(join(client.home, "small"), small);
      write(join(client.home, "large"), large);
      write(join(client.home, "key"), randomBytes(32));
      await aws("s3", "mb", "s3://crate");
    }, 60_000);
    afterAll(async () => {
      for (const server of [gateway, backend]) {
        await server.stop();
        server.remove();
      }
      client.remove();
    });

    test.each([["plain", [], []], ["SSE-S3", ["--sse", "AES256"], []], ["SSE-C", KEY, KEY]] as const)(
      "small and large files go up and come back as %s",
      async (kind, up, down) => {
        for (const [file, bytes] of [["small", small], ["large", large]] as const) {
          await aws("s3", "cp", file, `s3://crate/${kind}/${file}`, ...up);
          await aws("s3", "cp", `s3://crate/${kind}/${file}`, "back", ...down);
          expect(sha256(readFileSync(join(client.home, "back")))).toBe(sha256(bytes));
        }
        const listed = await aws("s3", "ls", `s3://crate/${kind}/`);
        expect(listed.trim().split("\n").map((line) => line.trim().split(/\s+/).slice(2))).toEqual([
          [String(large.length), "large"],
          [String(small.length), "small"],
        ]);
      },
      120_000,
    );

    test("a directory is brought in step, moved and removed", async () => {
      for (const file of ["tree/a", "tree/b/c", "tree/b/d.minio.txt"]) write(join(client.home, file), small);
      await aws("s3", "sync", "tree", "s3://crate/tree", "--sse", "AES256");
      expect(await aws("s3", "sync", "tree", "s3://crate/tree", "--sse", "AES256")).not.toContain("upload:");
      await aws("s3", "mv", "s3://crate/tree/a", "s3://crate/tree/b/e", "--sse", "AES256");
      const listed = await aws("s3", "ls", "--recursive", "s3://crate/tree/");
      expect(listed.trim().split("\n").map((line) => line.trim().split(/\s+/)[3])).toEqual([
        "tree/b/c",
        "tree/b/d.minio.txt",
        "tree/b/e",
      ]);
      await aws("s3", "rb", "--force", "s3://crate");
      expect(await aws("s3", "ls")).not.toContain("crate");
      const direct = new Client(program ?? "", backend);
      expect(await direct.run("--endpoint-url", backend.url, "s3", "ls")).not.toContain("crate");
      direct.remove();
    }, 120_000);
  });
}
