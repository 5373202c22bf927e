import { AUDIT } from "./audit-settings.ts";
import { GATEWAY } from "./gateway-settings.ts";
import type { Setting } from "./setting.ts";
import { VAULT } from "./vault-settings.ts";

/** Who may do everything. */
const CREDENTIALS = {
  rootUser: {
    name: "MINIO_ROOT_USER",
    aliases: ["MINIO_ACCESS_KEY"],
    file: true,
    fallback: "`minioadmin`, with a warning",
    meaning: "Access key of the root user, at least 3 characters.",
  },
  rootPassword: {
    name: "MINIO_ROOT_PASSWORD",
    aliases: ["MINIO_SECRET_KEY"],
    secret: true,
    file: true,
    fallback: "`minioadmin`, with a warning",
    meaning: "Secret key of the root user, at least 8 characters.",
  },
} as const satisfies Record<string, Setting>;

/** How the server shows itself. */
const SERVICE = {
  region: {
    name: "MINIO_REGION",
    aliases: ["MINIO_REGION_NAME"],
    fallback: "any",
    meaning:
      "Region that clients must sign for. Without it they may sign for any, and buckets say `us-east-1`.",
  },
  domain: {
    name: "MINIO_DOMAIN",
    fallback: "none",
    meaning: "Domains, separated by commas, whose subdomains name buckets: `bucket.domain`.",
  },
  shutdownTimeout: {
    name: "MINIO_SHUTDOWN_TIMEOUT",
    fallback: "`10s`",
    meaning: "How long requests in flight may go on after SIGTERM or SIGINT, such as `500ms`, `10s` or `2m`.",
  },
  maxConnections: {
    name: "MINIO_MAX_CONNECTIONS",
    fallback: "`10000`",
    meaning: "How many connections are held at a time; what comes beyond is closed at once.",
  },
  clientReadDeadline: {
    name: "MINIO_CONN_CLIENT_READ_DEADLINE",
    fallback: "`2m`",
    meaning: "How long a client may send nothing of a body; then it is answered RequestTimeout.",
  },
  clientWriteDeadline: {
    name: "MINIO_CONN_CLIENT_WRITE_DEADLINE",
    fallback: "`10m`",
    meaning: "How long a client may take nothing of an answer; then it loses its connection.",
  },
  clientMinRate: {
    name: "MINIO_CONN_CLIENT_MIN_RATE",
    fallback: "`500`",
    meaning:
      "Bytes a second of a body below which a client counts as silent, if it stays there; `0` for none.",
  },
} as const satisfies Record<string, Setting>;

/** How objects are encrypted. */
const ENCRYPTION = {
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
    fallback: "`off`",
    meaning: "`on` encrypts every object that is written without a word about encryption.",
  },
  kmsAutoEncryption: {
    name: "MINIO_KMS_AUTO_ENCRYPTION",
    fallback: "`off`",
    meaning: "Newer name of `MINIO_SSE_AUTO_ENCRYPTION`; either one turns it on.",
  },
  aead: {
    name: "MINIO_SSE_CRYPTO",
    fallback: "`webcrypto`",
    meaning:
      "What encrypts objects: `webcrypto`, or `native` for the runtime's own OpenSSL or BoringSSL, which costs less CPU on Bun and Node and is unusable on Deno.",
  },
} as const satisfies Record<string, Setting>;

/** Who may see what the server does. */
const OBSERVATION = {
  prometheusAuthType: {
    name: "MINIO_PROMETHEUS_AUTH_TYPE",
    fallback: "`jwt`",
    meaning: "`public` shows the metrics to everybody; `jwt` wants the token that `prometheus-token` prints.",
  },
} as const satisfies Record<string, Setting>;

/** Every setting there is, by the name under which the configuration knows it. */
export const SETTINGS = {
  ...CREDENTIALS,
  ...SERVICE,
  ...OBSERVATION,
  ...AUDIT,
  ...ENCRYPTION,
  ...VAULT,
  ...GATEWAY,
};

/** The name of a setting in the table. */
export type SettingName = keyof typeof SETTINGS;

/** Variables of MinIO that mean nothing here and do no harm: nobody is warned of them. */
export const IGNORED_SETTINGS: readonly string[] = ["MINIO_BROWSER"];
