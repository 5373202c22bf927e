import { S3Error } from "../../errors/s3-error.ts";
import type { QueryParameters } from "../../http/query.ts";
import { versionsXml } from "../listing/contents.ts";
import {
  OBJECTS_PARAMETERS,
  objectsPageXml,
  parseObjectsQuery,
  readObjectsPage,
} from "../listing/objects-page.ts";
import { operation } from "../operation.ts";
import { NULL_VERSION } from "../version-id.ts";
import { document, element, join } from "../../xml/xml-writer.ts";

/** ListObjectVersions: every object is the one version of its key, so this is another look at the same listing. */
export const listObjectVersions = operation({
  name: "ListObjectVersions",
  method: "GET",
  level: "bucket",
  selectors: ["versions"],
  parameters: [...OBJECTS_PARAMETERS, "key-marker", "version-id-marker"],
  action: "s3:ListBucketVersions",

  parse({ request: { query } }) {
    const keyMarker = query.get("key-marker") ?? "";
    return { ...parseObjectsQuery(query), keyMarker, versionIdMarker: versionIdMarker(query, keyMarker) };
  },

  // Behind the one version of a key lies the next key, whether the marker names the version or not.
  handle: (input, call) => readObjectsPage(call, input, input.keyMarker),

  reply(page, input, { request }) {
    const { encode } = input.encoding;
    const { next } = page;
    const nextIsVersion = next !== undefined && page.objects.at(-1)?.key === next;
    const body = document("ListVersionsResult", [
      element("Name", request.bucket),
      element("Prefix", encode(input.prefix)),
      element("KeyMarker", encode(input.keyMarker)),
      element("VersionIdMarker", input.versionIdMarker),
      join([
        next === undefined ? undefined : element("NextKeyMarker", encode(next)),
        nextIsVersion ? element("NextVersionIdMarker", NULL_VERSION) : undefined,
      ]),
      element("MaxKeys", input.maxKeys),
      element("IsTruncated", next !== undefined),
      objectsPageXml(page, input, versionsXml(page.objects, page.etags, encode)),
    ]);
    return { status: 200, headers: { "Content-Type": "application/xml" }, body };
  },
});

/** `""` for none. @throws S3Error InvalidArgument for one without a key, or one that no version has */
function versionIdMarker(query: QueryParameters, keyMarker: string): string {
  const marker = query.get("version-id-marker") ?? "";
  if (marker === "") return marker;
  const fields = { ArgumentName: "version-id-marker", ArgumentValue: marker };
  if (keyMarker === "") {
    throw new S3Error("InvalidArgument", {
      message: "A version-id marker cannot be specified without a key marker.",
      fields,
    });
  }
  if (marker !== NULL_VERSION) {
    throw new S3Error("InvalidArgument", { message: "Invalid version id specified", fields });
  }
  return marker;
}
