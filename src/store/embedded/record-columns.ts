import { tampered } from "../../errors/tampered.ts";
import type {
  ChecksumAlgorithm,
  ChecksumPlan,
  ChecksumType,
  Metadata,
  ObjectPart,
  ObjectRecord,
  PartRecord,
  UploadRecord,
} from "../store.ts";
import { integer, optionalText, type Row, text } from "./row.ts";
import { fromStored } from "./stored-text.ts";

/** Reads the records of the store's contract from rows of its tables. This is where columns get their types. */

/** @param segments those of a multipart object, which are its parts; none for any other */
export function objectRecord(bucket: string, row: Row, content: Row, segments: readonly Row[]): ObjectRecord {
  const plan = checksumPlan(row);
  const value = optionalText(content, "checksum");
  const uploadId = optionalText(content, "upload_id");
  return {
    bucket,
    key: fromStored(text(row, "key")),
    revision: text(row, "revision"),
    size: integer(row, "size"),
    storedSize: integer(row, "stored_size"),
    etag: text(row, "etag"),
    lastModified: integer(row, "last_modified"),
    metadata: metadata(content),
    parts: segments.map(objectPart),
    ...(plan !== undefined && value !== undefined ? { checksum: { ...plan, value } } : {}),
    ...(uploadId !== undefined ? { uploadId } : {}),
  };
}

export function objectPart(row: Row): ObjectPart {
  const checksum = optionalText(row, "checksum");
  return {
    number: integer(row, "number"),
    size: integer(row, "size"),
    storedSize: integer(row, "stored_size"),
    etag: text(row, "etag"),
    ...(checksum !== undefined ? { checksum } : {}),
  };
}

export function partRecord(row: Row): PartRecord {
  return {
    ...objectPart(row),
    revision: text(row, "revision"),
    lastModified: integer(row, "last_modified"),
  };
}

export function uploadRecord(bucket: string, row: Row): UploadRecord {
  const checksum = checksumPlan(row);
  return {
    bucket,
    key: fromStored(text(row, "key")),
    uploadId: text(row, "upload_id"),
    initiatedAt: integer(row, "initiated_at"),
    metadata: metadata(row),
    ...(checksum !== undefined ? { checksum } : {}),
  };
}

/** The columns `checksum_algorithm` and `checksum_type`, which are NULL together. */
export function checksumPlan(row: Row): ChecksumPlan | undefined {
  const algorithm = optionalText(row, "checksum_algorithm");
  const type = optionalText(row, "checksum_type");
  if (algorithm === undefined || type === undefined) return undefined;
  return { algorithm: algorithm as ChecksumAlgorithm, type: type as ChecksumType };
}

/** @throws S3Error XMinioObjectTampered when somebody made something else of it */
function metadata(row: Row): Metadata {
  let value: unknown;
  try {
    value = JSON.parse(text(row, "metadata"));
  } catch (thrown) {
    throw tampered(thrown);
  }
  if (isMetadata(value)) return value;
  throw tampered("the metadata is not texts by their names");
}

function isMetadata(value: unknown): value is Metadata {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    Object.values(value).every((member) => typeof member === "string");
}
