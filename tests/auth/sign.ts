import { Secret } from "../../src/crypto/secret.ts";
import { RequestHeaders } from "../../src/http/headers.ts";
import { QueryParameters } from "../../src/http/query.ts";
import { canonicalRequest, stringToSign } from "../../src/auth/sigv4/canonical.ts";
import { formatAmzDate } from "../../src/auth/sigv4/date.ts";
import { deriveSigningKey, signature } from "../../src/auth/sigv4/signing-key.ts";

/** A request to sign, its path and query as they go on the wire. */
export interface ToSign {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly region: string;
  /** Milliseconds since the epoch; now unless given. */
  readonly time?: number;
}

/** The headers with `x-amz-date` and `authorization` added; names in lower case. */
export function signHeaders(request: ToSign): Record<string, string> {
  const date = formatAmzDate(request.time ?? Date.now());
  const headers: Record<string, string> = { "x-amz-date": date };
  for (const [name, value] of Object.entries(request.headers)) headers[name.toLowerCase()] = value;
  const signedHeaders = Object.keys(headers).sort();
  const scope = `${date.slice(0, 8)}/${request.region}/s3/aws4_request`;
  const canonical = canonicalRequest({
    method: request.method,
    rawPath: request.path,
    query: QueryParameters.parse(request.query).pairs(),
    headers: new RequestHeaders(Object.entries(headers).flat()),
    signedHeaders,
    payloadHash: headers["x-amz-content-sha256"] ?? "UNSIGNED-PAYLOAD",
  });
  const key = deriveSigningKey(Secret.fromText(request.secretKey), {
    day: date.slice(0, 8),
    region: request.region,
  });
  const given = signature(key, stringToSign(date, scope, canonical));
  headers["authorization"] = `AWS4-HMAC-SHA256 Credential=${request.accessKey}/${scope}, SignedHeaders=${
    signedHeaders.join(";")
  }, Signature=${given}`;
  return headers;
}
