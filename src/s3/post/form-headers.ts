import { RequestHeaders } from "../../http/headers.ts";
import { headerText } from "../object-headers.ts";

/** Form fields that mean the header of their own name, beside `x-amz-*`. */
const HEADER_FIELDS = new Set([
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-md5",
  "content-type",
  "expires",
]);

/** Form fields that mean a header of another name. */
const RENAMED_FIELDS: ReadonlyMap<string, string> = new Map([
  ["acl", "x-amz-acl"],
  ["tagging", "x-amz-tagging"],
]);

/** What signs the form and says nothing of the object. */
const SIGNING = /^x-amz-(?:algorithm|credential|date|security-token|signature)$/;

/** Headers of the request itself that a bucket policy may ask about. */
const KEPT_HEADERS = ["referer", "user-agent"];

/**
 * The headers that an upload by form acts under: those that its fields stand for. The request's own headers describe
 * the form, are not covered by its policy, and say nothing of the object.
 * @throws S3Error InvalidArgument for a value that no header can carry
 */
export function formHeaders(own: RequestHeaders, fields: ReadonlyMap<string, string>): RequestHeaders {
  const raw: string[] = [];
  for (const name of KEPT_HEADERS) {
    const value = own.get(name);
    if (value !== undefined) raw.push(name, value);
  }
  for (const [field, value] of fields) {
    const name = RENAMED_FIELDS.get(field) ?? field;
    const acts = HEADER_FIELDS.has(name) || (name.startsWith("x-amz-") && !SIGNING.test(name));
    if (acts) raw.push(name, headerText(field, value));
  }
  return new RequestHeaders(raw);
}
