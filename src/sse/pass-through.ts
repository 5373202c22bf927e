import { S3Error } from "../errors/s3-error.ts";
import type { RequestHeaders } from "../http/headers.ts";
import { CUSTOMER_ALGORITHM, SSE_HEADER } from "../http/sse-headers.ts";
import type { BackendEncryption, ObjectRecord } from "../store/store.ts";
import { type CustomerKey, customerKey, customerKeyHeaders, refuseStrayCopyKeys } from "./customer-key.ts";
import { KMS_HEADERS } from "./encrypted-view.ts";
import { customerKeyMissing, customerKeyNotApplicable, notSupportedHere, twoKinds } from "./faults.ts";
import { readIntent } from "./intent.ts";
import { bareView, PLAIN_PARTS, PLAIN_ROTATION, PLAIN_SEALING } from "./plain.ts";
import type { Sealing, Sse, SseRequest } from "./sse.ts";

/** Names of what else SSE-KMS is asked with. */
const KMS_DETAILS = ["aws-kms-key-id", "context", "bucket-key-enabled"].map((name) =>
  `${SSE_HEADER}-${name}`
);

/**
 * The encryption of a gateway that has no keys itself: every request for one goes on to the backend, whose answers tell
 * what became of it (minio-formats 9.2). Bytes pass as they are.
 */
export function passThroughSse(): Sse {
  return {
    requireKms() {
      throw new S3Error("NotImplemented");
    },
    // What a bucket encrypts by default is for its backend to say.
    requireDefault() {},
    forWrite: async (request) => sealing(request),
    forNewUpload: async (request, metadata) => ({ ...sealing(request), metadata }),
    forRead: ({ headers, secure }, place) => asked(customerKey(headers, secure, place)),

    async forPart({ headers, secure }) {
      if (headers.has(SSE_HEADER)) throw notSupportedHere();
      return passing(asked(customerKey(headers, secure)));
    },

    async forUpload({ headers, secure }) {
      const customer = customerKey(headers, secure);
      return customer === undefined
        ? PLAIN_PARTS
        : { ...PLAIN_PARTS, replyHeaders: customerKeyHeaders(customer) };
    },

    view: async ({ headers, secure }, record) => viewed(record, readIntent(headers, secure)),
    viewCopySource: async ({ headers, secure }, record) =>
      viewed(record, customerKey(headers, secure, "copy-source")),

    async rotate(request, record) {
      const backend = backendEncryption(request.headers, request.secure);
      const underCustomer = CUSTOMER_ALGORITHM in (record.backendHeaders ?? {});
      // The backend could copy it with both keys, but not tell that somebody wrote meanwhile.
      if (underCustomer || backend?.kind === "sse-c") return undefined;
      return backend === undefined
        ? PLAIN_ROTATION
        : { ...PLAIN_ROTATION, changes: true, backend, replyHeaders: replyHeaders(backend, undefined) };
    },

    rewrap: async () => ({ kind: "none" }),
    rewrapUpload: async () => ({ kind: "none" }),

    async verify(handle, passed) {
      for await (const chunk of handle.read(0, handle.record.storedSize)) passed(chunk.length);
    },

    listedEtags: async (objects) => objects.map(({ etag }) => etag),
  };
}

function sealing({ headers, secure }: SseRequest): Sealing {
  const backend = backendEncryption(headers, secure);
  return {
    ...passing(backend),
    replyHeaders: replyHeaders(backend, customerKey(headers, secure)),
  };
}

function passing(backend: BackendEncryption | undefined): Sealing {
  return { ...PLAIN_SEALING, ...(backend === undefined ? {} : { backend }) };
}

function asked(customer: CustomerKey | undefined): BackendEncryption | undefined {
  return customer && { kind: "sse-c", key: customer.key };
}

/**
 * What a write asks the backend for.
 * @throws S3Error InvalidArgument for an unknown method or two kinds at once; what `customerKey` throws
 */
function backendEncryption(headers: RequestHeaders, secure: boolean): BackendEncryption | undefined {
  refuseStrayCopyKeys(headers);
  const customer = customerKey(headers, secure);
  const method = headers.get(SSE_HEADER);
  const details = KMS_DETAILS.filter((name) => headers.has(name));
  if (method === undefined && details.length === 0) return asked(customer);
  if (customer !== undefined) throw twoKinds();
  if (method?.toUpperCase() === "AES256" && details.length === 0) return { kind: "sse-s3" };
  if (method === undefined || method.toLowerCase().startsWith("aws:kms")) {
    const names = [...(method === undefined ? [] : [SSE_HEADER]), ...details];
    return {
      kind: "sse-kms",
      headers: Object.fromEntries(names.map((name) => [name, headers.get(name) ?? ""])),
    };
  }
  throw new S3Error("InvalidArgument", {
    message: "The encryption method specified is not supported",
    fields: { ArgumentName: SSE_HEADER },
  });
}

function replyHeaders(
  backend: BackendEncryption | undefined,
  customer: CustomerKey | undefined,
): Readonly<Record<string, string>> {
  if (customer !== undefined) return customerKeyHeaders(customer);
  if (backend?.kind === "sse-s3") return KMS_HEADERS;
  return backend?.kind === "sse-kms" ? backend.headers : {};
}

function viewed(record: ObjectRecord, customer: CustomerKey | undefined) {
  const { backendHeaders = {} } = record;
  const underCustomer = CUSTOMER_ALGORITHM in backendHeaders;
  if (underCustomer && customer === undefined) throw customerKeyMissing();
  if (!underCustomer && customer !== undefined) throw customerKeyNotApplicable();
  return bareView(record);
}
