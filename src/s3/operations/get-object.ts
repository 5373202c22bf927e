import { objectBody } from "../object-body.ts";
import { operation, type ReplyStream } from "../operation.ts";
import {
  parseRead,
  planRead,
  READ_PARAMETERS,
  type ReadPlan,
  type ReadRequest,
  refuseMissingKey,
} from "../read-object.ts";

/** GetObject: an object, one part of it or a range of its bytes. */
export const getObject = operation<
  ReadRequest,
  { readonly plan: ReadPlan; readonly body: Uint8Array | ReplyStream }
>({
  name: "GetObject",
  method: "GET",
  level: "object",
  parameters: READ_PARAMETERS,
  action: "s3:GetObject",

  parse: parseRead,

  async handle(input, call) {
    const { bucket, key, headers, secure } = call.request;
    const handle = await call.store.open(bucket, key);
    if (handle === undefined) return await refuseMissingKey(call, bucket);
    try {
      const view = await call.sse.view({ headers, secure, bucket, key }, handle.record);
      const plan = planRead(input, handle.record, view);
      return { plan, body: await objectBody(handle, view, plan.range) };
    } catch (thrown) {
      handle.close();
      throw thrown;
    }
  },

  reply: ({ plan, body }) => ({ status: plan.status, headers: plan.headers, body }),
});
