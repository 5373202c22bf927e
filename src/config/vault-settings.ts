import type { Setting } from "./setting.ts";

/** Both names under which MinIO has known a setting of Vault. */
function vault<Name extends string>(name: Name) {
  return { name: `MINIO_SSE_VAULT_${name}`, aliases: [`MINIO_KMS_VAULT_${name}`] } as const;
}

/** How HashiCorp Vault is used as KMS (minio-formats section 11). */
export const VAULT = {
  vaultEndpoint: {
    ...vault("ENDPOINT"),
    fallback: "none",
    meaning: "URL of HashiCorp Vault, which then keeps the keys: `https://vault.example.com:8200`.",
  },
  vaultAuthType: {
    ...vault("AUTH_TYPE"),
    fallback: "`approle`",
    meaning: "How to log in to Vault. There is only `approle`.",
  },
  vaultRoleId: {
    ...vault("APPROLE_ID"),
    secret: true,
    file: true,
    fallback: "none; must be set for Vault",
    meaning: "Role id of the AppRole.",
  },
  vaultSecretId: {
    ...vault("APPROLE_SECRET"),
    secret: true,
    file: true,
    fallback: "none; must be set for Vault",
    meaning: "Secret id of the AppRole.",
  },
  vaultKeyName: {
    ...vault("KEY_NAME"),
    fallback: "none; must be set for Vault",
    meaning: "Key ring of the transit engine that seals the keys of objects.",
  },
  vaultKeyVersion: {
    ...vault("KEY_VERSION"),
    fallback: "`0`",
    meaning:
      "Checked to be a whole number as MinIO does, and not used: Vault seals under the latest version.",
  },
  vaultCaPath: {
    ...vault("CAPATH"),
    fallback: "the system's certificate authorities",
    meaning:
      "File of PEM certificates, or directory of such files with all that is below it. Vault's certificate must come from one of these authorities; the system's no longer count.",
  },
  vaultClientCert: {
    ...vault("CLIENT_CERT"),
    fallback: "none",
    meaning: "PEM file of the certificate, with its chain, that the server shows to Vault (mutual TLS).",
  },
  vaultClientKey: {
    ...vault("CLIENT_KEY"),
    fallback: "none",
    meaning: "PEM file of the key of that certificate, without a passphrase.",
  },
  vaultNamespace: {
    ...vault("NAMESPACE"),
    fallback: "none",
    meaning: "Namespace of Vault Enterprise or OpenBao that everything of ours is in.",
  },
  vaultTransitPath: {
    ...vault("TRANSIT_PATH"),
    fallback: "`transit`",
    meaning: "Where the transit engine is mounted.",
  },
  vaultAppRolePath: {
    ...vault("APPROLE_PATH"),
    fallback: "`approle`",
    meaning: "Where the AppRole auth method is mounted, below `auth/`.",
  },
  vaultTimeout: {
    ...vault("TIMEOUT"),
    fallback: "`10s`",
    meaning: "How long Vault may take for one answer, such as `500ms`, `10s` or `1m`.",
  },
  vaultCacheAge: {
    ...vault("CACHE_AGE"),
    fallback: "no cache",
    meaning:
      "How long an opened data key is kept in memory, such as `5m`: what was read lately can be read through a short outage, and also that long after Vault has withdrawn its key.",
  },
  vaultCacheKeys: {
    ...vault("CACHE_KEYS"),
    fallback: "`10000`",
    meaning: "How many opened data keys are kept at most.",
  },
} as const satisfies Record<string, Setting>;

/** The name of a setting of Vault in the table. */
export type VaultSettingName = keyof typeof VAULT;
