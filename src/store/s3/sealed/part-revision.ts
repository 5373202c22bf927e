import { S3Error } from "../../../errors/s3-error.ts";
import type { PartRecord } from "../../store.ts";
import type { RemotePart } from "../remote-upload-documents.ts";
import type { DarePart, OwnPart } from "./dare-meta.ts";

/**
 * The revision of a part: how the backend names it, and everything that its document says, so that whoever completes
 * the upload does not have to read the documents once more.
 */
export function partRevision(remote: Pick<RemotePart, "etag" | "size">, part: OwnPart): string {
  return JSON.stringify([remote.etag, remote.size, part.size, part.etag, part.checksum ?? null]);
}

/** @throws S3Error InvalidPart */
export function parsePartRevision(number: number, revision: string): { remote: DarePart; part: OwnPart } {
  const fields: unknown = parse(revision);
  if (Array.isArray(fields)) {
    const [etag, stored, size, sealed, checksum]: unknown[] = fields;
    if (
      typeof etag === "string" && typeof stored === "number" && typeof size === "number" &&
      typeof sealed === "string"
    ) {
      return {
        remote: { number, etag, size: stored },
        part: { size, etag: sealed, ...(typeof checksum === "string" ? { checksum } : {}) },
      };
    }
  }
  throw new S3Error("InvalidPart");
}

/** A part with what its document says of it. */
export function partRecord(remote: Omit<RemotePart, "checksum">, part: OwnPart): PartRecord {
  const { number, size: storedSize, lastModified } = remote;
  return { ...part, number, storedSize, lastModified, revision: partRevision(remote, part) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
