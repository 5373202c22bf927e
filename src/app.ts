import { Hono } from "hono";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Buffer } from "node:buffer";
import type { RequestHandler } from "./http/listen.ts";
import { splitTarget } from "./http/request.ts";
import type { Log } from "./log/log.ts";

/** What the app is assembled from. */
export interface AppParts {
  /** The S3 service. Answers on the raw message and never rejects. */
  readonly s3: (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>;
  /** Whether the server can do its work now. */
  readonly ready: () => Promise<boolean>;
  readonly log: Log;
}

/** The raw message of a request, handed through Hono so that bodies never pass its own streams. */
interface Raw {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
}

/**
 * The whole HTTP surface as one handler: health checks under `/minio/health`, S3 everywhere else. Hono routes on the raw
 * path; what is S3's is answered on the raw message.
 */
export function createApp({ s3, ready, log }: AppParts): RequestHandler {
  const app = new Hono<{ Bindings: Raw }>({
    getPath: (_request, options) => splitTarget(rawOf(options?.env).incoming.url ?? "/").rawPath,
  });
  app.get("/minio/health/live", (context) => context.body(null, 200));
  for (const path of ["/minio/health/ready", "/minio/health/cluster"]) {
    app.get(path, async (context) => context.body(null, await ready() ? 200 : 503));
  }
  app.all("*", async (context) => {
    await s3(context.env.incoming, context.env.outgoing);
    return ANSWERED;
  });
  return (incoming, outgoing) => {
    void answer(app, { incoming, outgoing }, log);
  };
}

/** Stands for an answer that is already on its way. */
const ANSWERED = new Response(null);

async function answer(app: Hono<{ Bindings: Raw }>, raw: Raw, log: Log): Promise<void> {
  const { incoming, outgoing } = raw;
  try {
    const method = incoming.method === "HEAD" ? "GET" : incoming.method ?? "GET";
    const response = await app.fetch(new Request("http://localhost/", { method: plainMethod(method) }), raw);
    if (response === ANSWERED || outgoing.headersSent) return;
    const body = Buffer.from(await response.arrayBuffer());
    outgoing.writeHead(response.status, {
      ...Object.fromEntries(response.headers),
      "Content-Length": body.length,
    });
    outgoing.end(incoming.method === "HEAD" ? undefined : body);
  } catch (thrown) {
    log.error("a request could not be answered", thrown);
    if (!outgoing.headersSent) outgoing.writeHead(500, { "Content-Length": 0 });
    outgoing.end();
  }
}

/** Methods that the Fetch standard forbids are S3's to refuse. */
function plainMethod(method: string): string {
  return ["CONNECT", "TRACE", "TRACK"].includes(method) ? "OPTIONS" : method;
}

function rawOf(env: unknown): Raw {
  return env as Raw;
}
