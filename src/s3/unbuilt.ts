import type { Level } from "./operation.ts";

/**
 * Sub-resources of S3 and MinIO that are not built here, or only in part: where no operation understands one, it answers
 * NotImplemented instead of falling through to the operation of the bare path.
 */
export const UNBUILT_SUBRESOURCES: Readonly<Record<Exclude<Level, "service">, ReadonlySet<string>>> = {
  bucket: new Set([
    "abac",
    "accelerate",
    "acl",
    "analytics",
    "cors",
    "encryption",
    "events",
    "intelligent-tiering",
    "inventory",
    "lifecycle",
    "logging",
    "metadataConfiguration",
    "metadataInventoryTable",
    "metadataJournalTable",
    "metadataTable",
    "metrics",
    "notification",
    "object-lock",
    "ownershipControls",
    "publicAccessBlock",
    "replication",
    "replication-metrics",
    "requestPayment",
    "session",
    "tagging",
    "versioning",
    "website",
  ]),
  object: new Set([
    "acl",
    "append",
    "encryption",
    "legal-hold",
    "renameObject",
    "restore",
    "retention",
    "select",
    "tagging",
    "torrent",
  ]),
};
