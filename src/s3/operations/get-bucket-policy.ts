import { Buffer } from "node:buffer";
import { S3Error } from "../../errors/s3-error.ts";
import { operation } from "../operation.ts";

/** GetBucketPolicy: the document as it was put. */
export const getBucketPolicy = operation({
  name: "GetBucketPolicy",
  method: "GET",
  level: "bucket",
  selectors: ["policy"],
  action: "s3:GetBucketPolicy",
  parse: () => undefined,
  async handle(_input, { store, request }) {
    const text = await store.getBucketDocument(request.bucket, "policy");
    if (text === undefined) throw new S3Error("NoSuchBucketPolicy");
    return text;
  },
  reply: (text) => ({
    status: 200,
    headers: { "Content-Type": "application/json" },
    body: Buffer.from(text),
  }),
});
