import { afterEach, beforeEach, expect, spyOn, test } from "bun:test";
import { Buffer } from "node:buffer";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { Secret } from "../../src/crypto/secret.ts";
import { masterKeyKms } from "../../src/kms/master-key.ts";
import { putObject } from "../../src/s3/operations/put-object.ts";
import { runHere } from "../cli/in-process.ts";
import { nasServer } from "../cli/nas-server.ts";
import { KEY } from "../kms/vault/double-kms.ts";
import { type Trouble, VaultDouble } from "../kms/vault/vault-double.ts";
import { vaultEnv } from "../kms/vault/vault-env.ts";
import { customer, openScene, SSE_S3 } from "../sse/scene.ts";
import { MarkedSecrets } from "./marked.ts";

const COMMANDS = [["kms", "status"], ["rewrap", "--dry-run"], ["rewrap"], ["verify"], ["import"]];

let directory: string;
let secrets: MarkedSecrets;
let double: VaultDouble;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "minio-ts-secrets-"));
  secrets = new MarkedSecrets();
  double = new VaultDouble();
  double.roleId = secrets.password("role id");
  double.secretId = secrets.password("secret id");
  const ring = secrets.key("key of the ring");
  double.addRing(KEY, { key: ring });
  await double.listen();
});
afterEach(async () => {
  await double.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** Everything that the commands print, in text and in JSON, to a person and to none. */
async function printed(env: Readonly<Record<string, string>>): Promise<string> {
  const errors = spyOn(process.stderr, "write");
  let all = "";
  for (const command of COMMANDS) {
    for (const flags of [[], ["--json"]]) {
      for (const interactive of [false, true]) {
        const words = [...command, ...flags, ...directoriesOf(command[0])];
        all += (await runHere(words, env, interactive)).out;
      }
    }
  }
  all += errors.mock.calls.map(([text]) => String(text)).join("");
  errors.mockRestore();
  return all;
}

function directoriesOf(command: string | undefined): string[] {
  if (command === "kms") return [];
  return command === "import" ? [join(directory, "old"), join(directory, "new")] : [directory];
}

test(
  "kms status, rewrap, verify and import show no secret, whether all goes well or nothing does",
  async () => {
    const old = secrets.key("retired key");
    const customersKey = Buffer.alloc(32, 9);
    {
      const kms = masterKeyKms({ keyId: "old", key: new Secret(old) });
      await using scene = await openScene({ directory, kms });
      await scene.store.createBucket("box");
      await scene.run(putObject, { target: "/box/a", body: "a", headers: SSE_S3 });
      await scene.run(putObject, { target: "/box/c", body: customersKey, headers: customer(9) });
    }
    {
      const env = { MINIO_SSE_MASTER_KEY: `old:${old.toString("hex")}` };
      const server = await nasServer(join(directory, "old"), env);
      await server.store.createBucket("box");
      await server.run(putObject, { target: "/box/a", body: "a", headers: SSE_S3 });
      await server.run(putObject, { target: "/box/c", body: customersKey, headers: customer(9) });
      await server.close();
    }
    const root = { MINIO_ROOT_USER: "someone", MINIO_ROOT_PASSWORD: secrets.password("root password") };
    const vault = { ...root, ...vaultEnv(double), MINIO_SSE_VAULT_TIMEOUT: "100ms" };
    const retired = { MINIO_SSE_MASTER_KEY_RETIRED: `old:${old.toString("hex")}` };
    const well = await printed({ ...vault, ...retired });
    expect(well).toContain("sealed anew");
    expect(well).toContain("imported, sealed under");
    let badly = await printed(vault);
    badly += await printed({
      ...root,
      MINIO_SSE_MASTER_KEY: `new:${secrets.key("master key").toString("hex")}`,
    });
    badly += await printed({ ...vault, MINIO_SSE_VAULT_APPROLE_SECRET: secrets.password("wrong secret id") });
    for (
      const trouble of ["500", "hang", "truncated", "redirect-away"] as const satisfies readonly Trouble[]
    ) {
      double.troubled = (path) => path !== "sys/health";
      double.trouble = trouble;
      badly += await printed(vault);
    }
    expect(badly).toContain("failed");
    expect(secrets.leaked(well + badly)).toEqual([]);
  },
  60_000,
);
