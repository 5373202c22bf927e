import { existingKey } from "../existing-key.ts";
import { operation } from "../operation.ts";
import { checkVersionId } from "../version-id.ts";
import { document, element } from "../../xml/xml-writer.ts";

/**
 * GetObjectTagging: objects have no tags here, since every request to set some is refused. Clients ask before they copy.
 */
export const getObjectTagging = operation({
  name: "GetObjectTagging",
  method: "GET",
  level: "object",
  selectors: ["tagging"],
  parameters: ["versionId"],
  action: "s3:GetObjectTagging",
  parse: ({ request: { query } }) => checkVersionId(query.get("versionId")),
  handle: (_input, call) => existingKey(call),
  reply: () => ({
    status: 200,
    headers: { "Content-Type": "application/xml" },
    body: document("Tagging", [element("TagSet")]),
  }),
});
