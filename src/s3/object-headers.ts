import { Buffer } from "node:buffer";
import { S3Error } from "../errors/s3-error.ts";
import { tampered } from "../errors/tampered.ts";
import { canonicalName, type RequestHeaders } from "../http/headers.ts";
import type { Metadata } from "../store/store.ts";
import { STORAGE_CLASS } from "../store/storage-class.ts";

/** Headers that S3 keeps with an object beside user metadata, and how an answer spells them. */
const SYSTEM_HEADERS: ReadonlyMap<string, string> = new Map([
  ["content-type", "Content-Type"],
  ["cache-control", "Cache-Control"],
  ["content-disposition", "Content-Disposition"],
  ["content-encoding", "Content-Encoding"],
  ["content-language", "Content-Language"],
  ["expires", "Expires"],
  [STORAGE_CLASS, STORAGE_CLASS],
  ["x-amz-website-redirect-location", "x-amz-website-redirect-location"],
]);

/** System headers that a copy takes from its own request even when it copies the rest from the source. */
const NEVER_COPIED = [STORAGE_CLASS, "x-amz-website-redirect-location"];

const DEFAULT_CONTENT_TYPE = "application/octet-stream";
const USER_PREFIX = "x-amz-meta-";
const INTERNAL_PREFIX = "x-minio-internal-";
/** Bytes of names (without prefix) and values of all user metadata together. */
const MAX_USER_METADATA = 2048;

/** A name of a header (RFC 9110 section 5.1). */
const TOKEN = /^[!#$%&'*+.^_`|~\w-]+$/;
/** Anything in a value that ends the header, or that is no byte. */
const NO_VALUE = /[^\t\x20-\x7e\x80-\xff]/;

const CANNED_ACLS = new Set([
  "private",
  "public-read",
  "public-read-write",
  "authenticated-read",
  "aws-exec-read",
  "bucket-owner-read",
  "bucket-owner-full-control",
]);

/** Headers of features that are not there, and that a write must not silently lack. */
const UNBUILT = /^x-amz-(?:tagging$|object-lock-|grant-|write-offset-bytes$)/;

/**
 * The metadata that the headers of a write ask for, under MinIO's names: system headers in lower case, user metadata
 * as `X-Amz-Meta-Mixed-Case`. Values are header text, one character for a byte, so that they come back byte for byte.
 * @throws S3Error InvalidArgument, InvalidStorageClass, MetadataTooLarge, NotImplemented
 */
export function metadataFromHeaders(headers: RequestHeaders): Record<string, string> {
  const metadata: Record<string, string> = {};
  let userBytes = 0;
  for (const name of headers.names()) {
    // Never trimmed here: to JavaScript the byte 0xA0, the end of a UTF-8 "à", is a space.
    const value = headers.get(name) ?? "";
    if (name.startsWith(USER_PREFIX)) {
      userBytes += name.length - USER_PREFIX.length + value.length;
      metadata[canonicalName(name)] = value;
    } else if (SYSTEM_HEADERS.has(name)) {
      const kept = systemValue(name, value);
      if (kept !== "") metadata[name] = kept;
    } else {
      refuseUnsupported(name, value);
    }
  }
  metadata["content-type"] ??= DEFAULT_CONTENT_TYPE;
  if (userBytes > MAX_USER_METADATA) {
    throw new S3Error("MetadataTooLarge", {
      fields: { Size: String(userBytes), MaxSizeAllowed: String(MAX_USER_METADATA) },
    });
  }
  return metadata;
}

/**
 * Metadata of a copy that keeps the source's: all of it but internal keys and what S3 never copies, which come from
 * the request's own headers.
 * @param source metadata of the source
 * @param requested what `metadataFromHeaders` made of the copy request
 * @throws S3Error XMinioObjectTampered for metadata that could stand in no header, so that no request brought it
 */
export function copiedMetadata(source: Metadata, requested: Metadata): Record<string, string> {
  const metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(source)) {
    if (isInternal(name) || NEVER_COPIED.includes(name)) continue;
    checkHeader(name, value);
    metadata[name] = value;
  }
  for (const name of NEVER_COPIED) {
    const value = requested[name];
    if (value !== undefined) metadata[name] = value;
  }
  return metadata;
}

/**
 * The headers that show an object's metadata. Internal keys are never among them.
 * @throws S3Error XMinioObjectTampered for metadata that could stand in no header, so that no request brought it
 */
export function headersFromMetadata(metadata: Metadata): Record<string, string> {
  const headers: Record<string, string> = { "Content-Type": DEFAULT_CONTENT_TYPE };
  for (const name in metadata) {
    const value = metadata[name];
    if (value === undefined) continue;
    const system = SYSTEM_HEADERS.get(name);
    const header = system ?? (name.startsWith("X-Amz-Meta-") ? name.toLowerCase() : undefined);
    if (header === undefined) continue;
    checkHeader(header, value);
    headers[header] = value;
  }
  return headers;
}

function checkHeader(name: string, value: string): void {
  if (TOKEN.test(name) && !NO_VALUE.test(value)) return;
  throw tampered("its metadata cannot stand in a header");
}

/** The storage class of an object. */
export function storageClass(metadata: Metadata): string {
  return metadata[STORAGE_CLASS] ?? "STANDARD";
}

/**
 * Text of a query parameter or form field as it stands in a header: its UTF-8 bytes, one character each.
 * @throws S3Error InvalidArgument when it holds control characters, which would end the header
 */
export function headerText(name: string, text: string): string {
  // deno-lint-ignore no-control-regex
  if (/[\x00-\x08\x0a-\x1f\x7f]/.test(text)) {
    throw new S3Error("InvalidArgument", {
      message: `The value of ${name} holds characters that a header cannot carry.`,
      fields: { ArgumentName: name },
    });
  }
  // deno-lint-ignore no-control-regex
  return /^[\x00-\x7f]*$/.test(text) ? text : Buffer.from(text, "utf8").toString("latin1");
}

function isInternal(name: string): boolean {
  return name.toLowerCase().startsWith(INTERNAL_PREFIX);
}

/** What is kept of a system header; `""` for nothing. */
function systemValue(name: string, value: string): string {
  if (name === "content-encoding") return withoutAwsChunked(value);
  if (name === STORAGE_CLASS) {
    if (value !== "STANDARD" && value !== "REDUCED_REDUNDANCY") throw new S3Error("InvalidStorageClass");
    return value === "STANDARD" ? "" : value;
  }
  return value;
}

/** A list of codings as it was sent but for `aws-chunked`, which is the way of the request and not of the object. */
function withoutAwsChunked(codings: string): string {
  const isAwsChunked = (coding: string) => /^[ \t]*aws-chunked[ \t]*$/i.test(coding);
  const list = codings.split(",");
  if (!list.some(isAwsChunked)) return codings;
  return list.filter((coding) => !isAwsChunked(coding)).join(",").replace(/^[ \t]+/, "");
}

function refuseUnsupported(name: string, value: string): void {
  if (name.startsWith(INTERNAL_PREFIX)) {
    throw new S3Error("InvalidArgument", { message: "Your metadata headers are not supported." });
  }
  if (UNBUILT.test(name)) throw new S3Error("NotImplemented", { fields: { Header: name } });
  if (name === "x-amz-acl" && !CANNED_ACLS.has(value)) {
    throw new S3Error("InvalidArgument", { fields: { ArgumentName: name, ArgumentValue: value } });
  }
}
