import { S3Error } from "../../errors/s3-error.ts";
import { rewrapObject } from "../../sse/rewrap-object.ts";
import { MAX_OBJECT_ENCRYPTION, wantedKeyId } from "../object-encryption.ts";
import { operation } from "../operation.ts";
import { refuseMissingKey } from "../read-object.ts";
import { readDocument } from "../request-document.ts";
import { checkVersionId } from "../version-id.ts";

/**
 * UpdateObjectEncryption: seals the data key of an SSE-S3 object under the current key of the KMS, in its latest
 * version. Bytes, ETag and date stay.
 */
export const updateObjectEncryption = operation({
  name: "UpdateObjectEncryption",
  method: "PUT",
  level: "object",
  selectors: ["encryption"],
  parameters: ["versionId"],
  action: "s3:UpdateObjectEncryption",

  async parse(call) {
    const { auth, request: { query } } = call;
    checkVersionId(query.get("versionId"));
    if (auth.kind === "anonymous") {
      throw refused(
        "Requests that modify an object encryption configuration require AWS Signature Version 4.",
      );
    }
    const wanted = wantedKeyId(await readDocument(call, MAX_OBJECT_ENCRYPTION));
    const { keyId } = call.sse.requireKms();
    if (wanted !== undefined && wanted !== keyId) {
      throw refused("The key is not the one that this server encrypts with.");
    }
  },

  async handle(_input, call) {
    const { bucket, key } = call.request;
    const outcome = await rewrapObject(call.store, call.sse, bucket, key);
    if (outcome === undefined) return await refuseMissingKey(call, bucket);
    if (outcome === "none") {
      throw refused("The UpdateObjectEncryption operation does not support unencrypted source objects.");
    }
    if (outcome === "sse-c") {
      throw refused(
        "The UpdateObjectEncryption operation does not support source objects with the encryption type SSE-C.",
      );
    }
  },

  reply: () => ({ status: 200, headers: {} }),
});

function refused(message: string): S3Error {
  return new S3Error("InvalidRequest", { message });
}
