import { S3Error } from "../../errors/s3-error.ts";
import { ENCRYPTION_DOCUMENT } from "../bucket-encryption.ts";
import { operation } from "../operation.ts";

/** GetBucketEncryption: how the bucket encrypts what comes without a word about it. */
export const getBucketEncryption = operation({
  name: "GetBucketEncryption",
  method: "GET",
  level: "bucket",
  selectors: ["encryption"],
  action: "s3:GetEncryptionConfiguration",
  parse: () => ({}),

  async handle(_input, call) {
    if (await call.store.getBucketDocument(call.request.bucket, "encryption") === undefined) {
      throw new S3Error("ServerSideEncryptionConfigurationNotFoundError");
    }
  },

  reply: () => ({ status: 200, headers: { "Content-Type": "application/xml" }, body: ENCRYPTION_DOCUMENT }),
});
