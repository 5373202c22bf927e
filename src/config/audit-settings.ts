import type { Setting } from "./setting.ts";

/** Settings of a webhook. Those with a target in their name are settings of that one. */
export const AUDIT_WEBHOOK = {
  auditEnable: {
    name: "MINIO_AUDIT_WEBHOOK_ENABLE",
    perTarget: true,
    fallback: "`off`",
    meaning: "`on` sends an audit entry for every request to the webhook.",
  },
  auditEndpoint: {
    name: "MINIO_AUDIT_WEBHOOK_ENDPOINT",
    perTarget: true,
    secret: true,
    file: true,
    fallback: "none; must be set for a webhook",
    meaning: "URL that takes the entries, `http` or `https`, perhaps with a user and password.",
  },
  auditAuthToken: {
    name: "MINIO_AUDIT_WEBHOOK_AUTH_TOKEN",
    perTarget: true,
    secret: true,
    file: true,
    fallback: "none",
    meaning: "Authorization header for the webhook, such as `Splunk 1234`; one word alone is a bearer token.",
  },
  auditClientCert: {
    name: "MINIO_AUDIT_WEBHOOK_CLIENT_CERT",
    perTarget: true,
    fallback: "none",
    meaning: "PEM file of the certificate, with its chain, that the server shows to the webhook.",
  },
  auditClientKey: {
    name: "MINIO_AUDIT_WEBHOOK_CLIENT_KEY",
    perTarget: true,
    fallback: "none",
    meaning: "PEM file of the key of that certificate, without a passphrase.",
  },
  auditQueueSize: {
    name: "MINIO_AUDIT_WEBHOOK_QUEUE_SIZE",
    perTarget: true,
    fallback: "`10000`",
    meaning: "Entries that wait for the webhook at most; what finds no room is lost and counted.",
  },
} as const satisfies Record<string, Setting>;

/** Settings of the audit log. */
export const AUDIT = {
  ...AUDIT_WEBHOOK,
  auditFile: {
    name: "MINIO_AUDIT_LOG_PATH",
    fallback: "none",
    meaning: "File that gets an audit entry for every request, one JSON object a line.",
  },
} as const satisfies Record<string, Setting>;
