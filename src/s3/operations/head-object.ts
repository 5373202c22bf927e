import { operation } from "../operation.ts";
import {
  parseRead,
  planRead,
  READ_PARAMETERS,
  type ReadPlan,
  type ReadRequest,
  refuseMissingKey,
} from "../read-object.ts";

/** HeadObject: the answer to the same GetObject without its bytes. */
export const headObject = operation<ReadRequest, ReadPlan>({
  name: "HeadObject",
  method: "HEAD",
  level: "object",
  parameters: READ_PARAMETERS,
  action: "s3:GetObject",

  parse: parseRead,

  async handle(input, call) {
    const { bucket, key, headers, secure } = call.request;
    const sse = { headers, secure, bucket, key };
    const record = await call.store.head(bucket, key, call.sse.forRead(sse));
    if (record === undefined) return await refuseMissingKey(call, bucket);
    const view = await call.sse.view(sse, record);
    return planRead(input, record, view);
  },

  reply: ({ status, headers, range }) => ({
    status,
    headers: status === 304 ? headers : { ...headers, "Content-Length": String(range.length) },
  }),
});
