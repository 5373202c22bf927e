import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ACCESS_KEY, type RunningServer, SECRET_KEY, startServer } from "../running-server.ts";
import { fingerprint, makeTree, MIB, sha256, write } from "./files.ts";
import { Client, findProgram } from "./program.ts";

const program = findProgram("s3cmd");

for (const tls of [false, true]) {
  describe.skipIf(program === undefined)(`s3cmd over ${tls ? "https" : "http"}`, () => {
    let server: RunningServer;
    let client: Client;
    const s3cmd = (...words: string[]) => client.run("--no-progress", ...words);
    const inHome = (name: string) => join(client.home, name);

    beforeAll(async () => {
      server = await startServer({ tls });
      client = new Client(program ?? "", server);
      const settings = {
        access_key: ACCESS_KEY,
        secret_key: SECRET_KEY,
        host_base: `127.0.0.1:${server.port}`,
        host_bucket: `127.0.0.1:${server.port}`,
        use_https: tls ? "True" : "False",
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

    test("a 30 MB file goes up in parts and comes down the same", async () => {
      const bytes = randomBytes(30 * MIB);
      write(inHome("large"), bytes);
      await s3cmd("put", "large", "s3://crate/large");
      await s3cmd("get", "s3://crate/large", "large.back");
      expect(sha256(readFileSync(inHome("large.back")))).toBe(sha256(bytes));
    }, 120_000);

    test("sync carries a tree there and back", async () => {
      makeTree(inHome("tree"));
      await s3cmd("sync", "tree/", "s3://crate/tree/");
      await s3cmd("sync", "s3://crate/tree/", "back/");
      expect(fingerprint(inHome("back"))).toEqual(fingerprint(inHome("tree")));
    }, 120_000);

    test("copy, move, info and delete work on keys with awkward names", async () => {
      write(inHome("word"), Buffer.from("word"));
      await s3cmd(
        "put",
        "--mime-type=text/x-word",
        "--add-header=x-amz-meta-colour:blue",
        "word",
        "s3://crate/a b+c/ü",
      );
      await s3cmd("cp", "s3://crate/a b+c/ü", "s3://crate/copied");
      await s3cmd("mv", "s3://crate/copied", "s3://crate/moved");
      const info = await s3cmd("info", "s3://crate/moved");
      expect(info).toContain("text/x-word");
      expect(info).toContain("x-amz-meta-colour: blue");
      expect(await s3cmd("ls", "s3://crate/copied")).toBe("");
      await s3cmd("del", "--recursive", "--force", "s3://crate/");
      expect(await s3cmd("ls", "--recursive", "s3://crate")).toBe("");
      await s3cmd("rb", "s3://crate");
    }, 60_000);
  });
}
