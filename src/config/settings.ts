/** One setting, as the README lists it. */
export interface Setting {
  /** The environment variable. */
  readonly name: string;
  /** Older or other names; the first one that is set counts, and two that differ are a fault. */
  readonly aliases?: readonly string[];
  /** Whether its value must never be shown. */
  readonly secret?: boolean;
  /** Whether `NAME_FILE` may name a file that holds the value. */
  readonly file?: boolean;
  /** Files looked for under /run/secrets although nothing names them; missing is fine, the first one counts. */
  readonly defaultFiles?: readonly string[];
  /** What applies when it is not set, as text for people. */
  readonly fallback: string;
  readonly meaning: string;
}

/** Every setting there is, by the name under which `Config` knows it. */
export const SETTINGS = {
  rootUser: {
    name: "MINIO_ROOT_USER",
    aliases: ["MINIO_ACCESS_KEY"],
    file: true,
    fallback: "minioadmin, with a warning",
    meaning: "Access key, at least 3 characters.",
  },
  rootPassword: {
    name: "MINIO_ROOT_PASSWORD",
    aliases: ["MINIO_SECRET_KEY"],
    secret: true,
    file: true,
    fallback: "minioadmin, with a warning",
    meaning: "Secret key, at least 8 characters.",
  },
  region: {
    name: "MINIO_REGION",
    aliases: ["MINIO_REGION_NAME"],
    fallback: "us-east-1",
    meaning: "Region that clients sign for.",
  },
  masterKey: {
    name: "MINIO_SSE_MASTER_KEY",
    aliases: ["MINIO_KMS_MASTER_KEY"],
    secret: true,
    file: true,
    defaultFiles: ["sse_master_key", "kms_master_key"],
    fallback: "none",
    meaning: "Master key that seals the keys of objects, as `ID:HEX` with 64 hexadecimal digits.",
  },
  kmsSecretKey: {
    name: "MINIO_KMS_SECRET_KEY",
    secret: true,
    file: true,
    fallback: "none",
    meaning: "The same as `ID:BASE64` with 32 bytes in base64.",
  },
  retiredMasterKeys: {
    name: "MINIO_SSE_MASTER_KEY_RETIRED",
    secret: true,
    file: true,
    fallback: "none",
    meaning:
      "Former master keys, `ID:HEX` each, separated by commas or lines. They open old objects and seal nothing.",
  },
  autoEncryption: {
    name: "MINIO_SSE_AUTO_ENCRYPTION",
    fallback: "off",
    meaning: "`on` encrypts every object that is written without a word about encryption.",
  },
  kmsAutoEncryption: {
    name: "MINIO_KMS_AUTO_ENCRYPTION",
    fallback: "off",
    meaning: "Newer name of MINIO_SSE_AUTO_ENCRYPTION; either one turns it on.",
  },
  aead: {
    name: "MINIO_SSE_CRYPTO",
    fallback: "webcrypto",
    meaning:
      "What encrypts objects: `webcrypto`, or `native` for the runtime's own OpenSSL or BoringSSL, which costs less CPU on Bun and Node and is unusable on Deno.",
  },
  domain: {
    name: "MINIO_DOMAIN",
    fallback: "none",
    meaning: "Domains, separated by commas, under which `bucket.domain` addresses a bucket.",
  },
} as const satisfies Record<string, Setting>;

/** The name of a setting in the table. */
export type SettingName = keyof typeof SETTINGS;
