import { Buffer } from "node:buffer";
import { Agent as HttpAgent, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { Secret } from "../crypto/secret.ts";
import { sendingOnce } from "../http/sending-once.ts";
import { type AuditTarget, UndeliverableError } from "./target.ts";

/** An HTTP server that wants audit entries. */
export interface Webhook {
  /** Distinguishes it from others, `""` for the one without a name. */
  readonly target: string;
  readonly endpoint: URL;
  /** The Authorization header; one word alone is a bearer token. */
  readonly authToken: Secret | undefined;
  /** PEM certificate with its chain, and key, that we show. */
  readonly client: { readonly cert: string; readonly key: Secret } | undefined;
}

/** For one entry, in milliseconds. As long as MinIO waits. */
const DEADLINE = 5000;

/** Requests that may be under way together. */
const PARALLEL = 4;

/** Answers that say that the very entry is at fault. */
const REFUSALS: ReadonlySet<number> = new Set([400, 413, 422]);

/** Sends each entry as a POST of its own, as MinIO does. Whatever is 2xx means that it has arrived. */
export function webhookTarget({ target, endpoint, authToken, client }: Webhook): AuditTarget {
  const secure = endpoint.protocol === "https:";
  const kept = { keepAlive: true, maxSockets: PARALLEL };
  const pair = client && { cert: client.cert, key: textOf(client.key) };
  const agent = sendingOnce(secure ? new HttpsAgent({ ...kept, ...pair }) : new HttpAgent(kept));
  const send = secure ? httpsRequest : httpRequest;
  const url = new URL(endpoint);
  const authorization = authorizationOf(url, authToken);
  url.username = url.password = "";

  function post(entry: string, signal: AbortSignal): Promise<number> {
    const body = Buffer.from(entry);
    return new Promise((resolve, reject) => {
      const request = send(url, {
        method: "POST",
        agent,
        signal: AbortSignal.any([signal, AbortSignal.timeout(DEADLINE)]),
        headers: {
          "Content-Type": "application/json",
          "Content-Length": body.length,
          ...authorization && { Authorization: authorization },
        },
      });
      request.on("error", reject);
      request.on("response", (answer) => {
        answer.on("error", reject);
        answer.on("end", () => resolve(answer.statusCode ?? 0));
        answer.resume();
      });
      request.end(body);
    });
  }

  return {
    name: target === "" ? "webhook" : `webhook ${target}`,
    batch: 1,
    gather: 0,
    parallel: PARALLEL,
    async deliver(entries, signal) {
      for (const entry of entries) {
        const status = await post(entry, signal);
        if (status >= 200 && status < 300) continue;
        const fault = `${url.origin} answers ${status}`;
        throw REFUSALS.has(status) ? new UndeliverableError(fault) : new Error(fault);
      }
    },
    close: () => agent.destroy(),
  };
}

function authorizationOf(url: URL, token: Secret | undefined): string | undefined {
  if (token !== undefined) {
    const text = textOf(token).trim();
    return /\s/.test(text) ? text : `Bearer ${text}`;
  }
  if (url.username === "") return undefined;
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return `Basic ${Buffer.from(pair).toString("base64")}`;
}

function textOf(secret: Secret): string {
  return new TextDecoder().decode(secret.reveal());
}
