import { S3Error } from "../../errors/s3-error.ts";
import { contentsXml } from "../listing/contents.ts";
import {
  OBJECTS_PARAMETERS,
  objectsPageXml,
  parseObjectsQuery,
  readObjectsPage,
} from "../listing/objects-page.ts";
import { operation } from "../operation.ts";
import { document, element, join } from "../../xml/xml-writer.ts";

/** The first version of listing: pages by key names. NextMarker is told whenever there is more, as MinIO does. */
export const listObjects = operation({
  name: "ListObjects",
  minioName: "ListObjectsV1",
  method: "GET",
  level: "bucket",
  parameters: [...OBJECTS_PARAMETERS, "marker", "list-type"],
  action: "s3:ListBucket",

  parse({ request: { query } }) {
    if (query.has("list-type")) {
      throw new S3Error("InvalidArgument", {
        message: "Invalid List Type specified in Request",
        fields: { ArgumentName: "list-type", ArgumentValue: query.get("list-type") ?? "" },
      });
    }
    return { ...parseObjectsQuery(query), marker: query.get("marker") ?? "" };
  },

  handle: (input, call) => readObjectsPage(call, input, input.marker),

  reply(page, input, { request }) {
    const { encode } = input.encoding;
    const body = document("ListBucketResult", [
      element("Name", request.bucket),
      element("Prefix", encode(input.prefix)),
      element("Marker", encode(input.marker)),
      join([page.next === undefined ? undefined : element("NextMarker", encode(page.next))]),
      element("MaxKeys", input.maxKeys),
      element("IsTruncated", page.next !== undefined),
      objectsPageXml(page, input, contentsXml(page.objects, page.etags, encode, true)),
    ]);
    return { status: 200, headers: { "Content-Type": "application/xml" }, body };
  },
});
