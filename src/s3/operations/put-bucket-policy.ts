import { malformedPolicy } from "../../auth/policy/malformed.ts";
import { MAX_POLICY_BYTES, parsePolicy } from "../../auth/policy/parse.ts";
import { operation } from "../operation.ts";
import { readDocument } from "../request-document.ts";

/** Room beyond the limit, so that a policy which is a little too long is told so in a policy's own words. */
const MAX_BODY_BYTES = 2 * MAX_POLICY_BYTES;

/**
 * PutBucketPolicy. The document is kept exactly as sent, once it is known to be understood.
 * `x-amz-confirm-remove-self-bucket-access` needs no answer here: no policy takes the policy away from its owner.
 */
export const putBucketPolicy = operation({
  name: "PutBucketPolicy",
  method: "PUT",
  level: "bucket",
  selectors: ["policy"],
  action: "s3:PutBucketPolicy",
  async parse(call) {
    const text = decode(await readDocument(call, MAX_BODY_BYTES));
    parsePolicy(text, call.request.bucket);
    return text;
  },
  async handle(text, { store, request }) {
    await store.setBucketDocument(request.bucket, "policy", text);
  },
  reply: () => ({ status: 204, headers: {} }),
});

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw malformedPolicy("This policy contains invalid Json");
  }
}
