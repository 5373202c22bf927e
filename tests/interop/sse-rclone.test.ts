import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHash, randomBytes } from "node:crypto";
import { join } from "node:path";
import { ACCESS_KEY, type RunningServer, SECRET_KEY, startServer } from "../running-server.ts";
import { fingerprint, makeTree, MIB, write } from "./files.ts";
import { Client, findProgram } from "./program.ts";

const program = findProgram("rclone");
const KEY = randomBytes(24).toString("base64");

/** How each remote encrypts. Its key is 32 characters, which are the bytes of the key. */
const REMOTES = {
  S3: { SERVER_SIDE_ENCRYPTION: "AES256" },
  C: {
    SSE_CUSTOMER_ALGORITHM: "AES256",
    SSE_CUSTOMER_KEY: KEY,
    SSE_CUSTOMER_KEY_MD5: createHash("md5").update(KEY).digest("base64"),
  },
  PLAIN: {},
};

describe.skipIf(program === undefined)("rclone with encryption", () => {
  let server: RunningServer;
  let client: Client;
  const rclone = (...words: string[]) => client.run("--ca-cert", server.certificate, ...words);
  const inHome = (name: string) => join(client.home, name);
  const parts = ["--s3-upload-cutoff", "8M", "--s3-chunk-size", "8M"];

  beforeAll(async () => {
    server = await startServer({ tls: true, env: { MINIO_SSE_MASTER_KEY: `my-key:${"5e".repeat(32)}` } });
    const settings = Object.entries(REMOTES).flatMap(([name, own]) =>
      Object.entries({
        TYPE: "s3",
        PROVIDER: "Minio",
        ACCESS_KEY_ID: ACCESS_KEY,
        SECRET_ACCESS_KEY: SECRET_KEY,
        ENDPOINT: server.url,
        ...own,
      }).map(([setting, value]) => [`RCLONE_CONFIG_${name}_${setting}`, value])
    );
    client = new Client(program ?? "", server, { AWS_CA_BUNDLE: "", ...Object.fromEntries(settings) });
    makeTree(inHome("tree"));
    write(inHome("tree/large"), randomBytes(30 * MIB));
    await rclone("mkdir", "plain:crate");
  }, 60_000);
  afterAll(async () => {
    await server.stop();
    server.remove();
    client.remove();
  });

  for (const remote of ["s3", "c"]) {
    test(`a tree with a 30 MB file is copied, checked and copied back under ${remote}`, async () => {
      await rclone("copy", "tree", `${remote}:crate/${remote}`, ...parts);
      await rclone("check", "tree", `${remote}:crate/${remote}`, "--download");
      await rclone("copy", `${remote}:crate/${remote}`, `back-${remote}`);
      expect(fingerprint(inHome(`back-${remote}`))).toEqual(fingerprint(inHome("tree")));
      await rclone("copy", `${remote}:crate/${remote}/many`, `${remote}:crate/copied-${remote}`);
      await rclone("check", "tree/many", `${remote}:crate/copied-${remote}`, "--download");
    }, 180_000);
  }

  test(
    "what is under a customer's key is not read without it, and what is under the server's is",
    async () => {
      await rclone("check", "tree/many", "plain:crate/s3/many", "--download");
      const { code } = await client.attempt(
        ...["--ca-cert", server.certificate, "--retries", "1", "--low-level-retries", "1"],
        ...["copy", "plain:crate/c/many", "stolen"],
      );
      expect(code).not.toBe(0);
    },
    60_000,
  );
});
