import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KEY } from "../kms/vault/double-kms.ts";
import { VaultDouble } from "../kms/vault/vault-double.ts";
import { vaultEnv } from "../kms/vault/vault-env.ts";
import { runHere } from "./in-process.ts";

let scratch: string;
let double: VaultDouble;
beforeEach(async () => {
  scratch = mkdtempSync(join(tmpdir(), "minio-ts-vault-start-"));
  double = await new VaultDouble().listen();
  double.addRing(KEY);
});
afterEach(async () => {
  await double.stop();
  rmSync(scratch, { recursive: true, force: true });
});

/** What is wrong with Vault, the step that fails of it, what Vault says, and what is to be done. */
const FAULTS: readonly (readonly [
  name: string,
  spoil: (double: VaultDouble) => unknown,
  step: string,
  said: string,
  hint: string,
])[] = [
  ["is not there", (vault) => vault.stop(), "reach http://127.0.0.1:", "", "MINIO_SSE_VAULT_ENDPOINT"],
  [
    "was never initialised",
    (vault) => vault.state = "uninitialised",
    "find Vault unsealed",
    "Vault is not initialised",
    "vault operator init",
  ],
  ["is sealed", (vault) => vault.state = "sealed", "find Vault unsealed", "Vault is sealed", "unseal"],
  ["is a standby", (vault) => vault.state = "standby", "log in at auth/approle", "473", "the active node"],
  [
    "knows no such secret id",
    (vault) => vault.secretId = "x",
    "log in at auth/approle",
    "invalid secret id",
    "MINIO_SSE_VAULT_APPROLE_SECRET",
  ],
  [
    "knows no such role",
    (vault) => vault.roleId = "x",
    "log in at auth/approle",
    "invalid role ID",
    "MINIO_SSE_VAULT_APPROLE_ID",
  ],
  [
    "has no such key",
    (vault) => vault.rings.clear(),
    `make a data key at transit/datakey/plaintext/${KEY}`,
    "encryption key not found",
    `vault write -f transit/keys/${KEY}`,
  ],
  [
    "does not let us make data keys",
    (vault) => vault.policy = (path) => !path.includes("datakey"),
    `make a data key at transit/datakey/plaintext/${KEY}`,
    "permission denied",
    `path "transit/datakey/plaintext/${KEY}" { capabilities = ["update"] }`,
  ],
  [
    "does not let us open them",
    (vault) => vault.policy = (path) => !path.includes("decrypt"),
    `open it again at transit/decrypt/${KEY}`,
    "permission denied",
    `path "transit/decrypt/${KEY}" { capabilities = ["update"] }`,
  ],
];

describe("a server does not start, and touches no data, when its Vault", () => {
  test.each(FAULTS)("%s", async (_name, spoil, step, said, hint) => {
    const env = vaultEnv(double);
    await spoil(double);
    const data = join(scratch, "data");
    const { code, out } = await runHere(["server", "--address", "127.0.0.1:0", data], env);
    const [fault = "", what = "", ...more] = out.split("\n");
    expect([code, more]).toEqual([1, [""]]);
    expect(fault).toStartWith(`ERROR Unable to setup the KMS: failed to ${step}`);
    expect(fault).toContain(said);
    expect(what).toStartWith("      > ");
    expect(what).toContain(hint);
    expect(existsSync(data)).toBe(false);
  });
});
