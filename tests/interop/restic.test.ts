import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { type RunningServer, startServer } from "../running-server.ts";
import { fingerprint, makeTree, MIB, write } from "./files.ts";
import { Client, findProgram } from "./program.ts";

const program = findProgram("restic");
const ENCRYPTED = {
  MINIO_SSE_MASTER_KEY: `my-key:${"5e".repeat(32)}`,
  MINIO_SSE_AUTO_ENCRYPTION: "on",
};

for (const kind of ["a server", "a gateway"]) {
  describe.skipIf(program === undefined)(`restic with ${kind} that encrypts everything`, () => {
    const servers: RunningServer[] = [];
    let client: Client;
    const inHome = (name: string) => join(client.home, name);
    const restic = (...words: string[]) => client.run("--no-cache", ...words);

    beforeAll(async () => {
      if (kind === "a gateway") servers.push(await startServer());
      const [backend] = servers;
      const server = await startServer({
        env: ENCRYPTED,
        ...(backend === undefined ? {} : { gateway: backend.url }),
      });
      servers.unshift(server);
      client = new Client(program ?? "", server, {
        RESTIC_REPOSITORY: `s3:${server.url}/crate/backups`,
        RESTIC_PASSWORD: "a password of restic's own",
      });
      makeTree(inHome("tree"));
      write(inHome("tree/large"), randomBytes(30 * MIB));
    }, 60_000);
    afterAll(async () => {
      for (const server of servers) {
        await server.stop();
        server.remove();
      }
      client.remove();
    });

    test("two backups are made, checked to the last byte and restored", async () => {
      await restic("init");
      await restic("backup", "tree");
      write(inHome("tree/large"), randomBytes(20 * MIB));
      await restic("backup", "tree");
      await restic("check", "--read-data");
      await restic("restore", "latest", "--target", "back");
      expect(fingerprint(inHome("back/tree"))).toEqual(fingerprint(inHome("tree")));
    }, 180_000);

    test("the older backup is pruned, and the newer one is still whole", async () => {
      await restic("forget", "--keep-last", "1", "--prune");
      await restic("check", "--read-data");
      await restic("restore", "latest", "--target", "again");
      expect(fingerprint(inHome("again/tree"))).toEqual(fingerprint(inHome("tree")));
    }, 180_000);
  });
}
