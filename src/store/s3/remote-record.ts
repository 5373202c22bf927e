import { S3Error } from "../../errors/s3-error.ts";
import type { Expectation, ObjectRecord } from "../store.ts";
import type { RemoteObject } from "./remote-object.ts";

/** The record of an object that is at its own key of the backend, as it came from the client. */
export function recordOf(bucket: string, key: string, object: RemoteObject): ObjectRecord {
  const { size, etag, versionId, lastModified, metadata, checksum, encryption } = object;
  return {
    bucket,
    key,
    revision: revisionOf(etag, versionId),
    lastModified,
    size,
    storedSize: size,
    etag,
    metadata,
    ...(checksum === undefined ? {} : { checksum }),
    parts: [],
    ...(Object.keys(encryption).length === 0 ? {} : { backendHeaders: encryption }),
  };
}

/** What a backend tells writes of a key apart by: the version where it keeps some, else the ETag alone. */
export function revisionOf(etag: string, versionId: string | undefined): string {
  return versionId === undefined ? etag : `${etag} ${versionId}`;
}

/** The ETag in a revision. */
export function etagOfRevision(revision: string): string {
  return revision.split(" ", 1)[0] ?? "";
}

/** Headers that make a write depend on what is there. RADOS Gateway compares an ETag as it comes, which none with quotes passes. */
export function conditionsOf(expect: Expectation | undefined): Record<string, string> {
  if (expect === undefined) return {};
  return "absent" in expect ? { "If-None-Match": "*" } : { "If-Match": etagOfRevision(expect.revision) };
}

/**
 * Compares what is there with what must be.
 * @throws S3Error PreconditionFailed
 */
export function checkExpectation(
  expect: Expectation | undefined,
  current: { readonly revision: string } | undefined,
): void {
  if (expect === undefined) return;
  const holds = "absent" in expect ? current === undefined : current?.revision === expect.revision;
  if (!holds) throw new S3Error("PreconditionFailed");
}
