import type { Identity } from "../../auth/authentication.ts";
import { S3Error } from "../../errors/s3-error.ts";
import { MAX_SINGLE_WRITE, passBody } from "../body.ts";
import { existingBucket } from "../existing-bucket.ts";
import { checkKey } from "../names.ts";
import { metadataFromHeaders } from "../object-headers.ts";
import { type Call, operation } from "../operation.ts";
import { filePayload } from "../post/file-payload.ts";
import { type Form, readForm } from "../post/form.ts";
import { formHeaders } from "../post/form-headers.ts";
import { checkPostPolicy, parsePostPolicy, type SizeRange } from "../post/post-policy.ts";
import { successReply, wantedSuccess } from "../post/success.ts";
import { storeObject } from "../write-object.ts";

/** PostObject: the file of a browser's form becomes an object, under the policy that its signer wrote. */
export const postObject = operation({
  name: "PostObject",
  minioName: "PostPolicyBucket",
  method: "POST",
  level: "bucket",
  selectedByContentType: "multipart/form-data",

  parse: ({ auth, request }) => readForm(auth.payload.open([]), request.headers.get("content-type") ?? ""),

  async handle(form, call) {
    try {
      return await upload(form, call);
    } finally {
      await form.close();
    }
  },

  reply: ({ stored, success }, _form, { request }) => successReply(success, stored, request),
});

async function upload(form: Form, call: Call) {
  const { request, auth } = call;
  const { bucket, secure } = request;
  const { fields } = form;
  const identity = auth.kind === "form" ? auth.verifyForm(fields) : auth.identity;
  const key = objectKey(form);
  const range = allowedSize(call, new Map([...fields, ["bucket", bucket], ["key", key]]), identity);
  const headers = formHeaders(request.headers, fields);
  const metadata = metadataFromHeaders(headers);
  await call.authorise("s3:PutObject", bucket, key, { identity, headers });
  await existingBucket(call);

  const sealing = await call.sse.forWrite({ headers, secure, bucket, key });
  const payload = filePayload(form.file, range, auth.payload.length);
  const body = passBody(payload, { headers, wantMd5: sealing.needsMd5 });
  const write = { bucket, key, metadata, sealing, body, expect: undefined };
  const { etag, replyHeaders } = await storeObject(call.store, write);
  return { stored: { bucket, key, etag, headers: replyHeaders }, success: wantedSuccess(fields) };
}

/** The key of the form, `${filename}` in it replaced. @throws S3Error InvalidArgument and as `checkKey` */
function objectKey({ fields, filename }: Form): string {
  const key = fields.get("key");
  if (key === undefined || key === "") {
    throw new S3Error("InvalidArgument", {
      message:
        "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields.",
      fields: { ArgumentName: "key", ArgumentValue: "" },
    });
  }
  const finished = key.replaceAll("${filename}", () => filename);
  checkKey(finished);
  return finished;
}

/**
 * The size that the policy leaves to the file, once the form is seen to keep to it.
 * @param fields as they take effect
 * @throws S3Error InvalidPolicyDocument, AccessDenied
 */
function allowedSize(call: Call, fields: ReadonlyMap<string, string>, identity: Identity): SizeRange {
  const text = fields.get("policy");
  if (text === undefined) {
    // A signature covers the policy alone, so without one nothing of the form is signed.
    if (call.auth.kind === "form" && identity.kind === "user") throw new S3Error("AccessDenied");
    return { minimum: 0, maximum: MAX_SINGLE_WRITE };
  }
  const policy = parsePostPolicy(text);
  checkPostPolicy(policy, fields, call.request.receivedAt);
  const { minimum, maximum } = policy.size;
  return { minimum, maximum: Math.min(maximum, MAX_SINGLE_WRITE) };
}
