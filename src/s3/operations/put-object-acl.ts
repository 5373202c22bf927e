import { existingKey } from "../existing-key.ts";
import { operation } from "../operation.ts";
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

  handle: (_input, call) => existingKey(call),

  reply: () => ({ status: 200, headers: {} }),
});
