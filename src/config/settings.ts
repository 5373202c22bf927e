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
  /** File looked for under /run/secrets although nothing names it; missing is fine. */
  readonly defaultFile?: string;
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
  domain: {
    name: "MINIO_DOMAIN",
    fallback: "none",
    meaning: "Domains, separated by commas, under which `bucket.domain` addresses a bucket.",
  },
} as const satisfies Record<string, Setting>;

/** The name of a setting in the table. */
export type SettingName = keyof typeof SETTINGS;
