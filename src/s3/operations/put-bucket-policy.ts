import { Buffer } from "node:buffer";
import type { Payload } from "../../auth/authentication.ts";
import { malformedPolicy } from "../../auth/policy/malformed.ts";
import { MAX_POLICY_BYTES, parsePolicy, policyTooLong } from "../../auth/policy/parse.ts";
import { operation } from "../operation.ts";

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
  async parse({ auth, request }) {
    const text = await readText(auth.payload);
    parsePolicy(text, request.bucket);
    return text;
  },
  async handle(text, { store, request }) {
    await store.setBucketDocument(request.bucket, "policy", text);
  },
  reply: () => ({ status: 204, headers: {} }),
});

async function readText(payload: Payload): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of payload.open([])) {
    length += chunk.length;
    if (length > MAX_POLICY_BYTES) throw policyTooLong();
    chunks.push(chunk);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks));
  } catch {
    throw malformedPolicy("This policy contains invalid Json");
  }
}
