import { S3Error } from "../../errors/s3-error.ts";
import { ownerControlsAll } from "../access-control-list.ts";
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

  parse({ request }) {
    checkVersionId(request.query.get("versionId"));
    return { bucket: request.bucket, key: request.key };
  },

  async handle({ bucket, key }, { store }) {
    if (await store.head(bucket, key) === undefined) throw new S3Error("NoSuchKey");
  },

  reply: ownerControlsAll,
});
