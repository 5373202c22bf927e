import { operation } from "../operation.ts";
import { refuseMissingKey } from "../read-object.ts";
import { requireOwnersAcl } from "../requested-acl.ts";
import { checkVersionId } from "../version-id.ts";

export const putObjectAcl = operation({
  name: "PutObjectAcl",
  minioName: "PutObjectACL",
  method: "PUT",
  level: "object",
  selectors: ["acl"],
  parameters: ["versionId"],
  action: "s3:PutObjectAcl",

  async parse(call) {
    checkVersionId(call.request.query.get("versionId"));
    await requireOwnersAcl(call);
  },

  async handle(_input, call) {
    const { bucket, key } = call.request;
    if (await call.store.head(bucket, key) === undefined) return await refuseMissingKey(call, bucket);
  },

  reply: () => ({ status: 200, headers: {} }),
});
