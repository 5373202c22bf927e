import type { S3Request } from "../../http/request.ts";
import { percentEncodePath } from "../../http/percent.ts";
import { quoteEtag } from "../etag.ts";
import type { Reply } from "../operation.ts";
import { document, element } from "../../xml/xml-writer.ts";

/** How the form wants to hear of its success. */
export type Success =
  | { readonly kind: "redirect"; readonly to: URL }
  | { readonly kind: "status"; readonly status: 200 | 201 | 204 };

/** What was stored. */
export interface Stored {
  readonly bucket: string;
  readonly key: string;
  /** Without quotes. */
  readonly etag: string;
  /** Further headers of the answer. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * What `success_action_redirect` (or its old name `redirect`) and `success_action_status` ask for. As in S3, a
 * redirect that is no http or https URL counts as absent, and any other status as 204.
 */
export function wantedSuccess(fields: ReadonlyMap<string, string>): Success {
  const to = URL.parse(fields.get("success_action_redirect") ?? fields.get("redirect") ?? "");
  if (to !== null && (to.protocol === "http:" || to.protocol === "https:")) return { kind: "redirect", to };
  const status = Number(fields.get("success_action_status"));
  return { kind: "status", status: status === 200 || status === 201 ? status : 204 };
}

/** The answer to a form whose file is stored. */
export function successReply(success: Success, stored: Stored, request: S3Request): Reply {
  const { bucket, key } = stored;
  const etag = quoteEtag(stored.etag);
  const location = objectUrl(request, key);
  const headers = { ...stored.headers, "ETag": etag, "Location": location };
  if (success.kind === "redirect") {
    const to = new URL(success.to);
    for (const [name, value] of Object.entries({ bucket, key, etag })) to.searchParams.append(name, value);
    return { status: 303, headers: { ...headers, "Location": to.href } };
  }
  if (success.status !== 201) return { status: success.status, headers };
  return {
    status: 201,
    headers: { ...headers, "Content-Type": "application/xml" },
    body: document("PostResponse", [
      element("Location", location),
      element("Bucket", bucket),
      element("Key", key),
      element("ETag", etag),
    ], false),
  };
}

/** Where the object is found, under the name that the client used for the bucket. */
function objectUrl({ secure, headers, rawPath }: S3Request, key: string): string {
  const origin = `${secure ? "https" : "http"}://${headers.get("host") ?? ""}`;
  return `${origin}${rawPath.replace(/\/$/, "")}/${percentEncodePath(key)}`;
}
