import { ownerControlsAll } from "../access-control-list.ts";
import { existingKey } from "../existing-key.ts";
import { operation } from "../operation.ts";
import { checkVersionId } from "../version-id.ts";

export const getObjectAcl = operation({
  name: "GetObjectAcl",
  minioName: "GetObjectACL",
  method: "GET",
  level: "object",
  selectors: ["acl"],
  parameters: ["versionId"],
  action: "s3:GetObjectAcl",

  parse: ({ request: { query } }) => checkVersionId(query.get("versionId")),

  handle: (_input, call) => existingKey(call),

  reply: ownerControlsAll,
});
