import { Buffer } from "node:buffer";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Hono } from "hono";
import { CONTENT_TYPE, exposition, type Family } from "./metrics/exposition.ts";
import type { RequestHandler } from "./http/listen.ts";
import { idHeaders, newRequestId } from "./http/request-id.ts";
import { disposeOfBody } from "./http/refusal.ts";
import { splitTarget } from "./http/request.ts";
import type { Ready } from "./health.ts";
import type { Log } from "./log/log.ts";

/** What the app is assembled from. */
export interface AppParts {
  /** The S3 service. Answers on the raw message and never rejects. */
  readonly s3: (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>;
  readonly ready: Ready;
  /** The `x-amz-id-2` of answers that are not S3's. */
  readonly hostId: string;
  readonly metrics?: Metrics;
  readonly log: Log;
}

/** The metrics and who may see them. */
export interface Metrics {
  /** The pages by their path. */
  readonly pages: ReadonlyMap<string, () => Promise<readonly Family[]>>;
  /** Whether a client may see them that sends this Authorization header. */
  readonly allows: (authorization: string | undefined) => Promise<boolean>;
}

/** The raw message of a request. It goes past Hono's own request and response, which would buffer bodies. */
interface Raw {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
}

type App = Hono<{ Bindings: Raw }>;

/**
 * The whole HTTP surface as one handler: health checks under `/minio/health`, metrics, S3 everywhere else. Hono routes
 * on the raw path, so that nothing normalises a key; what is S3's is answered on the raw message.
 */
export function createApp({ s3, ready, hostId, metrics, log }: AppParts): RequestHandler {
  const app: App = new Hono<{ Bindings: Raw }>({
    getPath: (_request, options) => splitTarget(rawOf(options?.env).incoming.url ?? "/").rawPath,
  });
  app.get("/minio/health/live", (context) => context.body(null, 200));
  for (const path of ["/minio/health/ready", "/minio/health/cluster", "/minio/health/cluster/read"]) {
    app.get(path, async (context) => context.body(null, await ready() ? 200 : 503));
  }
  for (const [path, page] of metrics?.pages ?? []) {
    app.get(path, async (context) => {
      if (await metrics?.allows(context.env.incoming.headers.authorization) !== true) {
        return context.body(null, 403);
      }
      return context.body(exposition(await page()), 200, { "Content-Type": CONTENT_TYPE });
    });
  }
  app.all("*", async ({ env: { incoming, outgoing } }) => {
    await s3(incoming, outgoing);
    return ANSWERED;
  });
  // Hono's own answer to an error would come behind the beginning of one that is on its way.
  app.onError((thrown) => {
    throw thrown;
  });
  return (incoming, outgoing) => void answer(app, { incoming, outgoing }, hostId, log);
}

/** Stands for an answer that is already on its way. */
const ANSWERED = new Response(null);

async function answer(app: App, raw: Raw, hostId: string, log: Log): Promise<void> {
  const { incoming, outgoing } = raw;
  try {
    const response = await app.fetch(requestFor(incoming.method ?? "GET"), raw);
    if (response === ANSWERED || outgoing.headersSent || outgoing.destroyed) return;
    const body = Buffer.from(await response.arrayBuffer());
    outgoing.writeHead(response.status, {
      ...Object.fromEntries(response.headers),
      ...idHeaders(newRequestId(), hostId),
      "Content-Length": body.length,
      ...disposeOfBody(incoming),
    });
    outgoing.end(incoming.method === "HEAD" ? undefined : body);
  } catch (thrown) {
    const id = newRequestId();
    log.error(`the request ${id} could not be answered`, thrown);
    if (outgoing.headersSent) return void outgoing.destroy();
    const headers = { ...idHeaders(id, hostId), "Content-Length": 0, "Connection": "close" };
    outgoing.writeHead(500, headers).end();
  }
}

/** One request object for each method: Hono looks at nothing else of it. */
const REQUESTS = new Map<string, Request>();

function requestFor(method: string): Request {
  const known = REQUESTS.get(method);
  if (known !== undefined) return known;
  // Methods that the Fetch standard forbids are S3's to refuse, like any other that it does not know.
  const forbidden = method === "CONNECT" || method === "TRACE" || method === "TRACK";
  // Hono would wrap the answer to HEAD in another one; the adaptor leaves its body away instead.
  const routed = method === "HEAD" ? "GET" : forbidden ? "OPTIONS" : method;
  const request = new Request("http://localhost/", { method: routed });
  REQUESTS.set(method, request);
  return request;
}

function rawOf(env: unknown): Raw {
  return env as Raw;
}
