import { objectBody } from "../object-body.ts";
import { type Call, operation, type ReplyStream } from "../operation.ts";
import { readAnew } from "../read-anew.ts";
import {
  parseRead,
  planRead,
  READ_PARAMETERS,
  type ReadPlan,
  type ReadRequest,
  refuseMissingKey,
  wantsWhole,
} from "../read-object.ts";

interface ObjectRead {
  readonly plan: ReadPlan;
  readonly body: Uint8Array | ReplyStream;
}

/** GetObject: an object, one part of it or a range of its bytes. */
export const getObject = operation<ReadRequest, ObjectRead>({
  name: "GetObject",
  method: "GET",
  level: "object",
  parameters: READ_PARAMETERS,
  action: "s3:GetObject",

  parse: parseRead,

  handle: (input, call) => readAnew(() => readObject(input, call)),

  reply: ({ plan, body }) => ({ status: plan.status, headers: plan.headers, body }),
});

async function readObject(input: ReadRequest, call: Call): Promise<ObjectRead> {
  const { bucket, key, headers, secure } = call.request;
  const sse = { headers, secure, bucket, key };
  const handle = await call.store.open(bucket, key, {
    backend: call.sse.forRead(sse),
    whole: wantsWhole(input),
  });
  if (handle === undefined) return await refuseMissingKey(call, bucket);
  try {
    const view = await call.sse.view(sse, handle.record);
    const plan = planRead(input, handle.record, view);
    return { plan, body: await objectBody(handle, view, plan.range) };
  } catch (thrown) {
    handle.close();
    throw thrown;
  }
}
