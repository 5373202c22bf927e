import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { ACCESS_KEY, type RunningServer, SECRET_KEY, startServer } from "../running-server.ts";
import { fingerprint, makeTree, MIB, write } from "./files.ts";
import { Client, findProgram } from "./program.ts";

const program = findProgram("rclone");

for (const tls of [false, true]) {
  describe.skipIf(program === undefined)(`rclone over ${tls ? "https" : "http"}`, () => {
    let server: RunningServer;
    let client: Client;
    const rclone = (...words: string[]) =>
      client.run(...(tls ? ["--ca-cert", server.certificate] : []), ...words);
    const inHome = (name: string) => join(client.home, name);

    beforeAll(async () => {
      server = await startServer({ tls });
      client = new Client(program ?? "", server, {
        // It takes its certificate by --ca-cert, and trips over the variable of the AWS clients.
        AWS_CA_BUNDLE: "",
        RCLONE_CONFIG_HERE_TYPE: "s3",
        RCLONE_CONFIG_HERE_PROVIDER: "Minio",
        RCLONE_CONFIG_HERE_ACCESS_KEY_ID: ACCESS_KEY,
        RCLONE_CONFIG_HERE_SECRET_ACCESS_KEY: SECRET_KEY,
        RCLONE_CONFIG_HERE_ENDPOINT: server.url,
      });
      await rclone("mkdir", "here:crate");
    }, 60_000);
    afterAll(async () => {
      await server.stop();
      server.remove();
      client.remove();
    });

    test("a tree with a 30 MB file is copied, checked and copied back", async () => {
      makeTree(inHome("tree"));
      write(inHome("tree/large"), randomBytes(30 * MIB));
      const cutoff = ["--s3-upload-cutoff", "8M", "--s3-chunk-size", "8M"];
      await rclone("copy", "tree", "here:crate/tree", ...cutoff);
      await rclone("check", "tree", "here:crate/tree", "--download");
      await rclone("copy", "here:crate/tree", "back");
      expect(fingerprint(inHome("back"))).toEqual(fingerprint(inHome("tree")));
    }, 120_000);

    test("sync deletes what is gone, and a server-side copy keeps the content", async () => {
      await rclone("copy", "here:crate/tree/many", "here:crate/copied");
      await rclone("check", "tree/many", "here:crate/copied", "--download");
      await rclone("mkdir", "here:crate/empty");
      write(inHome("one/file"), Buffer.from("1"));
      await rclone("sync", "one", "here:crate/copied");
      expect((await rclone("lsf", "here:crate/copied")).trim()).toBe("file");
      await rclone("purge", "here:crate");
      expect((await rclone("lsd", "here:")).trim()).toBe("");
    }, 120_000);

    test("streamed standard input arrives whole", async () => {
      await rclone("mkdir", "here:stream");
      await rclone(
        "copyto",
        "tree/large",
        "here:stream/large",
        "--s3-upload-cutoff",
        "0",
        "--s3-chunk-size",
        "5M",
      );
      await rclone("copyto", "here:stream/large", "large.back");
      await rclone("check", "--one-way", "--download", "--include", "/large", "tree", "here:stream");
    }, 120_000);
  });
}
