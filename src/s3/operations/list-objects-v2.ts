import { contentsXml } from "../listing/contents.ts";
import {
  OBJECTS_PARAMETERS,
  objectsPageXml,
  parseObjectsQuery,
  readObjectsPage,
} from "../listing/objects-page.ts";
import { continuationToken, nameInToken } from "../listing/token.ts";
import { operation } from "../operation.ts";
import { document, element, join } from "../../xml/xml-writer.ts";

/** The second version of listing: pages by opaque tokens. A token decides over `start-after`, which is then only echoed. */
export const listObjectsV2 = operation({
  name: "ListObjectsV2",
  method: "GET",
  level: "bucket",
  selectedByValue: ["list-type", "2"],
  parameters: [...OBJECTS_PARAMETERS, "continuation-token", "start-after", "fetch-owner"],
  action: "s3:ListBucket",

  parse({ request: { query } }) {
    const token = query.get("continuation-token");
    const startAfter = query.get("start-after");
    return {
      ...parseObjectsQuery(query),
      token,
      startAfter,
      after: nameInToken(token) ?? startAfter ?? "",
      withOwner: query.get("fetch-owner")?.toLowerCase() === "true",
    };
  },

  handle: (input, call) => readObjectsPage(call, input, input.after),

  reply(page, input, { request }) {
    const { encode } = input.encoding;
    const { token, startAfter } = input;
    const body = document("ListBucketResult", [
      element("Name", request.bucket),
      element("Prefix", encode(input.prefix)),
      join([
        startAfter === undefined ? undefined : element("StartAfter", encode(startAfter)),
        token === undefined ? undefined : element("ContinuationToken", token),
        page.next === undefined ? undefined : element("NextContinuationToken", continuationToken(page.next)),
      ]),
      element("KeyCount", page.objects.length + page.prefixes.length),
      element("MaxKeys", input.maxKeys),
      element("IsTruncated", page.next !== undefined),
      objectsPageXml(page, input, contentsXml(page.objects, page.etags, encode, input.withOwner)),
    ]);
    return { status: 200, headers: { "Content-Type": "application/xml" }, body };
  },
});
