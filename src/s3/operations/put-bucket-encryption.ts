import { checkEncryptionDocument, MAX_ENCRYPTION_DOCUMENT } from "../bucket-encryption.ts";
import { operation } from "../operation.ts";
import { readDocument } from "../request-document.ts";

/** PutBucketEncryption: from now on the bucket's objects are encrypted unless a write says otherwise. */
export const putBucketEncryption = operation({
  name: "PutBucketEncryption",
  method: "PUT",
  level: "bucket",
  selectors: ["encryption"],
  action: "s3:PutEncryptionConfiguration",

  async parse(call) {
    checkEncryptionDocument(await readDocument(call, MAX_ENCRYPTION_DOCUMENT));
    call.sse.requireDefault();
  },

  handle: (_input, call) => call.store.setBucketDocument(call.request.bucket, "encryption", "AES256"),

  reply: () => ({ status: 200, headers: {} }),
});
