import { KEY } from "./double-kms.ts";
import type { VaultDouble } from "./vault-double.ts";

/** The settings of a server that is to use the double. */
export function vaultEnv({ url, roleId, secretId }: VaultDouble): Readonly<Record<string, string>> {
  return {
    MINIO_SSE_VAULT_ENDPOINT: url,
    MINIO_SSE_VAULT_APPROLE_ID: roleId,
    MINIO_SSE_VAULT_APPROLE_SECRET: secretId,
    MINIO_SSE_VAULT_KEY_NAME: KEY,
  };
}
