import { ownerControlsAll } from "../access-control-list.ts";
import { operation } from "../operation.ts";
import { refuseMissingKey } from "../read-object.ts";
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

  async handle(_input, call) {
    const { bucket, key } = call.request;
    if (await call.store.head(bucket, key) === undefined) return await refuseMissingKey(call, bucket);
  },

  reply: ownerControlsAll,
});
