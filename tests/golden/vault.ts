import { Buffer } from "node:buffer";
import { RingDouble } from "../kms/vault/ring-double.ts";
import type { VaultDouble } from "../kms/vault/vault-double.ts";
import { MANIFEST } from "./data-sets.ts";

/** Makes a double the Vault that the data sets were written with. @returns the settings of a server that uses it */
export async function goldenVault(vault: VaultDouble): Promise<Readonly<Record<string, string>>> {
  if (MANIFEST === undefined) throw new Error("there is no manifest");
  const { key_name, exported_key_b64 } = MANIFEST.vault;
  vault.rings.set(key_name, new RingDouble(false, Buffer.from(exported_key_b64, "base64")));
  await vault.listen();
  return {
    MINIO_SSE_VAULT_ENDPOINT: vault.url,
    MINIO_SSE_VAULT_APPROLE_ID: vault.roleId,
    MINIO_SSE_VAULT_APPROLE_SECRET: vault.secretId,
    MINIO_SSE_VAULT_KEY_NAME: key_name,
  };
}
