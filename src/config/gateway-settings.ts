import type { Setting } from "./setting.ts";

/** How `gateway s3` reaches its backend, and what it asks of it. */
export const GATEWAY = {
  gatewaySse: {
    name: "MINIO_GATEWAY_SSE",
    fallback: "none",
    meaning:
      "`s3`, `c` or `s3;c`: objects that `gateway s3` encrypts with SSE-S3, with SSE-C or both are encrypted by the backend as well. Needs a KMS.",
  },
  gatewayCaPath: {
    name: "MINIO_GATEWAY_CAPATH",
    fallback: "those of the system",
    meaning:
      "PEM file, or directory of such files, with the authorities that the backend's certificate is checked against.",
  },
  gatewayAddressing: {
    name: "MINIO_GATEWAY_ADDRESSING",
    fallback: "`virtual-host` at AWS, `path` elsewhere",
    meaning: "Where the backend expects buckets: `path` for `host/bucket`, `virtual-host` for `bucket.host`.",
  },
  gatewayKeysOverHttp: {
    name: "MINIO_GATEWAY_SSE_C_OVER_HTTP",
    fallback: "`off`",
    meaning: "`on` lets keys of SSE-C go to a backend at `http://` if it is on this very machine. For tests.",
  },
  awsAccessKeyId: {
    name: "AWS_ACCESS_KEY_ID",
    file: true,
    fallback: "`MINIO_ROOT_USER`",
    meaning: "Access key of `gateway s3` at its backend.",
  },
  awsSecretAccessKey: {
    name: "AWS_SECRET_ACCESS_KEY",
    secret: true,
    file: true,
    fallback: "`MINIO_ROOT_PASSWORD`",
    meaning: "Secret key of `gateway s3` at its backend.",
  },
  awsSessionToken: {
    name: "AWS_SESSION_TOKEN",
    secret: true,
    file: true,
    fallback: "none",
    meaning: "Session token of temporary credentials at the backend.",
  },
} as const satisfies Record<string, Setting>;
