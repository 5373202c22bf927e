import type { IncomingMessage, ServerResponse } from "node:http";
import { createAuthenticator } from "../auth/authenticate.ts";
import { createAuthoriser } from "../auth/authorise.ts";
import { withHoistedHeaders } from "../auth/hoisted-headers.ts";
import type { CredentialStore } from "../auth/credentials.ts";
import { S3Error, toS3Error } from "../errors/s3-error.ts";
import { newRequestId, receiveRequest } from "../http/receive.ts";
import { disposeOfBody } from "../http/refusal.ts";
import { type S3Request, splitTarget } from "../http/request.ts";
import type { Log } from "../log/log.ts";
import type { Sse } from "../sse/sse.ts";
import type { Store } from "../store/store.ts";
import { corsHeaders, preflightReply } from "./cors.ts";
import { checkBucketName, checkKey } from "./names.ts";
import type { Call, Reply } from "./operation.ts";
import { OPERATIONS } from "./operations/table.ts";
import { errorReply, writeReply } from "./reply.ts";
import { createRouter } from "./route.ts";

/** What the S3 service is made of. */
export interface S3Parts {
  readonly store: Store;
  readonly sse: Sse;
  readonly credentials: CredentialStore;
  /** `undefined` lets clients sign for any region. */
  readonly region: string | undefined;
  /** `MINIO_DOMAIN` names, lower case. */
  readonly domains: readonly string[];
  /** The `HostId` of error documents. */
  readonly deploymentId: string;
  readonly log: Log;
}

/** What buckets say their region is where none is configured. */
const DEFAULT_REGION = "us-east-1";

/** Answers one request on its raw message. Never rejects. */
export type Dispatcher = (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>;

/**
 * The way of every S3 request: receive, authenticate, route, authorise, run the operation, write its answer.
 * Whatever is thrown on the way becomes one error document.
 */
export function createDispatcher(parts: S3Parts): Dispatcher {
  const authenticate = createAuthenticator(parts);
  const authorise = createAuthoriser(parts.store);
  const route = createRouter(OPERATIONS);

  async function answer(received: S3Request, trace: Trace): Promise<Reply> {
    const auth = authenticate(received);
    const request = auth.kind === "presigned" ? withHoistedHeaders(received) : received;
    const operation = route(request);
    trace.operation = operation.name;
    if (request.bucket !== "") checkBucketName(request.bucket);
    if (request.key !== "") checkKey(request.key);
    const call: Call = {
      request,
      auth,
      store: parts.store,
      sse: parts.sse,
      region: parts.region ?? DEFAULT_REGION,
      isRegion: (name) => parts.region === undefined || name === parts.region,
      authorise: (action, bucket, key, form) =>
        authorise({
          request: form === undefined ? request : { ...request, headers: form.headers },
          auth,
          identity: form?.identity ?? auth.identity,
          action,
          bucket,
          ...(key === undefined ? {} : { key }),
        }),
    };
    if (operation.action !== undefined) {
      await call.authorise(operation.action, request.bucket, request.key === "" ? undefined : request.key);
    }
    return await operation.run(call);
  }

  return async (incoming, outgoing) => {
    const id = newRequestId();
    const trace: Trace = {};
    let headers: Readonly<Record<string, string>> = {
      "X-Amz-Request-Id": id,
      "X-Amz-Id-2": parts.deploymentId,
    };
    let request: S3Request | undefined;
    let reply: Reply;
    try {
      request = receiveRequest(incoming, outgoing, id, parts.domains);
      const preflight = request.method === "OPTIONS" ? preflightReply(request.headers) : undefined;
      headers = { ...headers, ...corsHeaders(request.headers) };
      reply = preflight ?? await answer(request, trace);
    } catch (thrown) {
      const error = toS3Error(thrown);
      report(parts.log, error, id, trace, incoming, request);
      reply = errorReply(error, {
        requestId: id,
        hostId: parts.deploymentId,
        resource: splitTarget(incoming.url ?? "/").rawPath,
        bucket: request?.bucket ?? "",
        key: request?.key ?? "",
      });
    }
    try {
      if (outgoing.destroyed) {
        if (reply.body !== undefined && !(reply.body instanceof Uint8Array)) reply.body.close();
        return;
      }
      await writeReply(
        outgoing,
        reply,
        { ...headers, ...disposeOfBody(incoming) },
        incoming.method !== "HEAD",
      );
    } catch (thrown) {
      report(parts.log, toS3Error(thrown), id, trace, incoming, request);
    }
  };
}

/** What is known of a request when it fails. */
interface Trace {
  operation?: string;
}

function report(
  log: Log,
  error: S3Error,
  requestId: string,
  trace: Trace,
  incoming: IncomingMessage,
  request: S3Request | undefined,
): void {
  if (error.status < 500 || error.code === "NotImplemented") return;
  log.requestFailed({
    requestId,
    operation: trace.operation ?? "Unknown",
    bucket: request?.bucket ?? "",
    key: request?.key ?? "",
    remoteAddress: request?.remoteAddress ?? "",
    userAgent: incoming.headers["user-agent"] ?? "",
    error: error.cause ?? error,
  });
}
