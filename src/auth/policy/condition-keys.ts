import type { S3Request } from "../../http/request.ts";
import { parseCopySource } from "../../http/copy-source.ts";
import type { Authentication, Identity } from "../authentication.ts";

/** Values of a condition key (lower case) in one request; none when the request does not carry the key. */
export type ConditionValues = (key: string) => readonly string[];

/** What the values of condition keys are taken from. */
export interface ConditionSource {
  readonly request: S3Request;
  readonly auth: Authentication;
  readonly identity: Identity;
}

type Reader = (source: ConditionSource) => string | undefined;

/** Request headers that are condition keys under their own name: `s3:x-amz-acl`. */
const HEADERS = [
  "if-match",
  "if-none-match",
  "x-amz-acl",
  "x-amz-grant-full-control",
  "x-amz-grant-read",
  "x-amz-grant-read-acp",
  "x-amz-grant-write",
  "x-amz-grant-write-acp",
  "x-amz-metadata-directive",
  "x-amz-object-ownership",
  "x-amz-server-side-encryption",
  "x-amz-server-side-encryption-aws-kms-key-id",
  "x-amz-server-side-encryption-customer-algorithm",
  "x-amz-storage-class",
  "x-amz-website-redirect-location",
];

/** Every condition key that is understood, lower case. */
const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ["aws:sourceip", ({ request }) => request.remoteAddress],
  ["aws:securetransport", ({ request }) => String(request.secure)],
  ["aws:referer", ({ request }) => request.headers.get("referer")],
  ["aws:useragent", ({ request }) => request.headers.get("user-agent")],
  ["aws:currenttime", ({ request }) => new Date(request.receivedAt).toISOString()],
  ["aws:epochtime", ({ request }) => String(Math.floor(request.receivedAt / 1000))],
  ["aws:username", ({ identity }) => identity.kind === "user" ? identity.accessKey : undefined],
  ["aws:userid", ({ identity }) => identity.kind === "user" ? identity.accessKey : "anonymous"],
  ["aws:principaltype", ({ identity }) => identity.kind === "user" ? "Account" : "Anonymous"],
  ["s3:prefix", ({ request }) => request.query.get("prefix")],
  ["s3:delimiter", ({ request }) => request.query.get("delimiter")],
  ["s3:max-keys", ({ request }) => request.query.get("max-keys")],
  ["s3:versionid", ({ request }) => request.query.get("versionId")],
  ["s3:authtype", authType],
  ["s3:signatureversion", (source) => authType(source) === undefined ? undefined : "AWS4-HMAC-SHA256"],
  ["s3:signatureage", signatureAge],
  ["s3:tlsversion", tlsVersion],
  ["s3:x-amz-content-sha256", ({ request }) => contentSha256(request)],
  ["s3:x-amz-copy-source", ({ request }) => copySource(request)],
  // Said in the body of CreateBucket, to which no policy of the bucket can apply yet.
  ["s3:locationconstraint", () => undefined],
  ...HEADERS.map((name): [string, Reader] => [`s3:${name}`, ({ request }) => request.headers.get(name)]),
]);

/** Whether a policy may use this condition key (lower case). */
export function isConditionKey(key: string): boolean {
  return READERS.has(key);
}

/**
 * The condition values of one request. Asking for them may throw the S3Error that a broken request deserves
 * (InvalidArgument for a copy source that names none, or a parameter given twice).
 */
export function conditionValues(source: ConditionSource): ConditionValues {
  return (key) => {
    const value = READERS.get(key)?.(source);
    return value === undefined ? [] : [value];
  };
}

function authType({ auth, identity }: ConditionSource): string | undefined {
  if (identity.kind === "anonymous") return undefined;
  if (auth.kind === "header") return "REST-HEADER";
  if (auth.kind === "presigned") return "REST-QUERY-STRING";
  return auth.kind === "form" ? "POST" : undefined;
}

/** Milliseconds between signing and arrival. */
function signatureAge({ request, auth }: ConditionSource): string | undefined {
  if (auth.kind !== "header" && auth.kind !== "presigned") return undefined;
  return String(Math.max(0, request.receivedAt - auth.signedAt));
}

/** `1.3` out of the socket's `TLSv1.3`. */
function tlsVersion({ request }: ConditionSource): string | undefined {
  const { socket } = request.incoming;
  if (!("getProtocol" in socket) || typeof socket.getProtocol !== "function") return undefined;
  const protocol: unknown = socket.getProtocol();
  return typeof protocol === "string" ? /^TLSv([\d.]+)$/.exec(protocol)?.[1] : undefined;
}

function contentSha256({ headers, query }: S3Request): string | undefined {
  return headers.get("x-amz-content-sha256") ?? query.get("X-Amz-Content-Sha256");
}

/** The source as `bucket/key`, read as the copy reads it and without its version. */
function copySource({ headers }: S3Request): string | undefined {
  const value = headers.get("x-amz-copy-source");
  if (value === undefined) return undefined;
  const { bucket, key } = parseCopySource(value);
  return `${bucket}/${key}`;
}
