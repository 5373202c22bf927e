import type { IncomingMessage, ServerResponse } from "node:http";
import { createAuthenticator } from "../auth/authenticate.ts";
import type { Authentication } from "../auth/authentication.ts";
import { type Authoriser, createAuthoriser } from "../auth/authorise.ts";
import { withHoistedHeaders } from "../auth/hoisted-headers.ts";
import type { CredentialStore } from "../auth/credentials.ts";
import { S3Error, toS3Error } from "../errors/s3-error.ts";
import { receiveRequest } from "../http/receive.ts";
import { disposeOfBody } from "../http/refusal.ts";
import { PACE_LIMITS, type PaceLimits } from "../http/pace.ts";
import { idHeaders, newRequestId } from "../http/request-id.ts";
import { type S3Request, splitTarget } from "../http/request.ts";
import { Traffic } from "../http/traffic.ts";
import type { Log } from "../log/log.ts";
import type { Sse } from "../sse/sse.ts";
import type { Store } from "../store/store.ts";
import { corsHeaders, preflightReply } from "./cors.ts";
import { checkBucketName, checkKey } from "./names.ts";
import { CLIENT_GONE, type Exchange, type Observer } from "./exchange.ts";
import type { Call, Operation, Reply } from "./operation.ts";
import { OPERATIONS } from "./operations/table.ts";
import { answerHeaders, errorReply, writeReply } from "./reply.ts";
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
  /** What a client has to keep up with while it sends a body, two minutes and 500 bytes a second unless given. */
  readonly uploadPace?: PaceLimits;
  /** The same while it takes one. */
  readonly downloadPace?: PaceLimits;
  /** Who follows what happens. */
  readonly observers?: readonly Observer[];
}

/** What buckets say their region is where none is configured. */
const DEFAULT_REGION = "us-east-1";

/** Stand in for the name of an operation where there is none. */
const PREFLIGHT = "Preflight";
const UNKNOWN = "Unknown";

/** Answers one request on its raw message. Never rejects. */
export type Dispatcher = (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>;

/**
 * The way of every S3 request: receive, authenticate, route, authorise, run the operation, write its answer.
 * Whatever is thrown on the way becomes one error document.
 */
export function createDispatcher(parts: S3Parts): Dispatcher {
  const { observers = [], downloadPace = PACE_LIMITS } = parts;
  const authenticate = createAuthenticator(parts);
  const authorise = createAuthoriser(parts.store);
  const route = createRouter(OPERATIONS);

  function begin(trace: Trace, api: string): void {
    trace.api = api;
    for (const observer of observers) observer.began(api);
  }

  /** Runs the operation that a request asks for. @throws whatever is wrong on the way */
  async function answer(received: S3Request, trace: Trace): Promise<Reply> {
    const auth = authenticate(received);
    if (auth.identity.kind === "user") trace.accessKey = auth.identity.accessKey;
    const request = auth.kind === "presigned" ? withHoistedHeaders(received) : received;
    const operation = route(request);
    trace.operation = operation.name;
    begin(trace, nameOf(operation));
    if (request.bucket !== "") checkBucketName(request.bucket);
    if (request.key !== "") checkKey(request.key);
    const call = callOf(parts, authorise, request, auth);
    if (operation.action !== undefined) {
      await call.authorise(operation.action, request.bucket, request.key === "" ? undefined : request.key);
    }
    return await operation.run(call);
  }

  /** What a request that failed early would have been, for those who count. */
  function intended(request: S3Request | undefined): string {
    try {
      return request === undefined ? UNKNOWN : nameOf(route(request));
    } catch {
      return UNKNOWN;
    }
  }

  function failed(trace: Trace, thrown: unknown): S3Error {
    const error = toS3Error(thrown);
    trace.errorCode = error.shownCode;
    report(parts.log, error, trace);
    return error;
  }

  /** The answer to any request, also one that cannot be read, and the headers that it has beside its own. Never rejects. */
  async function answerAny(
    outgoing: ServerResponse,
    trace: Trace,
  ): Promise<{ readonly reply: Reply; readonly headers: Readonly<Record<string, string>> }> {
    const { requestId, incoming, traffic } = trace;
    const { deploymentId: hostId, domains } = parts;
    let headers = idHeaders(requestId, hostId);
    try {
      const request = trace.request = receiveRequest(incoming, outgoing, requestId, domains, traffic);
      const preflight = request.method === "OPTIONS" ? preflightReply(request.headers) : undefined;
      headers = { ...headers, ...corsHeaders(request.headers) };
      if (preflight !== undefined) begin(trace, PREFLIGHT);
      return { reply: preflight ?? await answer(request, trace), headers };
    } catch (thrown) {
      if (trace.api === undefined) begin(trace, intended(trace.request));
      const reply = errorReply(failed(trace, thrown), {
        requestId,
        hostId,
        resource: splitTarget(incoming.url ?? "/").rawPath,
        bucket: trace.request?.bucket ?? "",
        key: trace.request?.key ?? "",
      });
      return { reply, headers };
    }
  }

  return async (incoming, outgoing) => {
    const traffic = new Traffic();
    const trace: Trace = { requestId: newRequestId(), incoming, traffic };
    const { reply, headers } = await answerAny(outgoing, trace);
    const gone = outgoing.destroyed;
    const head = answerHeaders(reply, gone ? headers : { ...headers, ...disposeOfBody(incoming) });
    try {
      if (!gone) {
        await writeReply(outgoing, reply, head, incoming.method !== "HEAD", traffic, downloadPace);
      } else if (reply.body !== undefined && !(reply.body instanceof Uint8Array)) reply.body.close();
    } catch (thrown) {
      failed(trace, thrown);
    }
    const exchange: Exchange = {
      requestId: trace.requestId,
      api: trace.api ?? UNKNOWN,
      request: trace.request,
      accessKey: trace.accessKey,
      incoming,
      status: gone ? CLIENT_GONE : reply.status,
      errorCode: trace.errorCode,
      answerHeaders: head,
      traffic,
      took: traffic.elapsed(),
    };
    for (const observer of observers) observer.ended(exchange);
  };
}

/** One request on its way, and what is known of it by now. */
interface Trace {
  readonly requestId: string;
  readonly incoming: IncomingMessage;
  readonly traffic: Traffic;
  request?: S3Request;
  operation?: string;
  api?: string;
  accessKey?: string;
  errorCode?: string;
}

function callOf(
  { store, sse, region }: S3Parts,
  authorise: Authoriser,
  request: S3Request,
  auth: Authentication,
): Call {
  return {
    request,
    auth,
    store,
    sse,
    region: region ?? DEFAULT_REGION,
    isRegion: (name) => region === undefined || name === region,
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
}

function nameOf({ name, minioName }: Operation): string {
  return minioName ?? name;
}

function report(log: Log, error: S3Error, { requestId, operation, request, incoming }: Trace): void {
  if (error.status < 500 || error.code === "NotImplemented") return;
  log.requestFailed({
    requestId,
    operation: operation ?? UNKNOWN,
    bucket: request?.bucket ?? "",
    key: request?.key ?? "",
    remoteAddress: request?.remoteAddress ?? "",
    userAgent: incoming.headers["user-agent"] ?? "",
    error: error.cause ?? error,
  });
}
