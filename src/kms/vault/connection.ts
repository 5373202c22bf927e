import { Buffer } from "node:buffer";
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { Secret } from "../../crypto/secret.ts";
import { sendingOnce } from "../../http/sending-once.ts";
import { type Answer, exchange } from "./exchange.ts";
import { VaultFault } from "./fault.ts";
import { refusal } from "./refusal.ts";

/** Where Vault is and how it is spoken to. */
export interface ConnectionOptions {
  /** `http://` or `https://`, with or without a path before `/v1`. */
  readonly endpoint: URL;
  /** Sent as `X-Vault-Namespace` with every call. */
  readonly namespace: string | undefined;
  /** PEM certificates that replace the system's roots. */
  readonly authorities: readonly string[] | undefined;
  /** PEM certificate and key that we show to Vault. */
  readonly client: { readonly cert: string; readonly key: Secret } | undefined;
  /** Milliseconds that one call may take, from connection to last byte. */
  readonly timeout: number;
}

/** One call. */
export interface VaultCall {
  readonly method: "GET" | "PUT";
  /** Below `/v1/`. */
  readonly path: string;
  readonly token?: Secret;
  readonly body?: Readonly<Record<string, string>>;
  /** For the few paths that belong to Vault as a whole and not to a namespace. */
  readonly outsideNamespace?: boolean;
}

/** Who speaks with a Vault. */
export interface Connection {
  /**
   * Makes a call and returns the JSON object of the answer; an empty one for an answer without body.
   * @throws VaultFault
   */
  call(call: VaultCall): Promise<Readonly<Record<string, unknown>>>;
  close(): void;
}

/** Most redirects that are followed, all to the same host. */
const MAX_REDIRECTS = 2;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 307, 308]);

/** Speaks HTTP with one Vault over a few kept connections. */
export function connect(options: ConnectionOptions): Connection {
  const { endpoint, timeout } = options;
  const base = `${endpoint.href.replace(/\/+$/, "")}/v1/`;
  const agent = sendingOnce(createAgent(options));
  return {
    async call(call) {
      const outgoing = {
        method: call.method,
        headers: headersOf(call, options.namespace),
        body: call.body && Buffer.from(JSON.stringify(call.body)),
      };
      const end = performance.now() + timeout;
      let target = new URL(base + call.path);
      for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
        const answer = await exchange(
          target,
          agent,
          outgoing,
          Math.max(1, Math.ceil(end - performance.now())),
        );
        const { status, location } = answer;
        if (status >= 200 && status < 300) return objectOf(answer, call.path);
        if (!REDIRECTS.has(status) || location === undefined) throw refusal(answer, call.path);
        target = redirectTarget(location, target, call.path);
      }
      throw new VaultFault("broken", `${call.path} is redirected in a circle`);
    },
    close: () => agent.destroy(),
  };
}

function createAgent({ endpoint, authorities, client }: ConnectionOptions): HttpAgent {
  const pool = { keepAlive: true, maxSockets: 64 };
  if (endpoint.protocol === "http:") return new HttpAgent(pool);
  return new HttpsAgent({
    ...pool,
    ...(authorities === undefined ? {} : { ca: [...authorities] }),
    ...(client === undefined ? {} : { cert: client.cert, key: Buffer.from(client.key.reveal()) }),
  });
}

function headersOf(
  { token, body, outsideNamespace = false }: VaultCall,
  namespace: string | undefined,
): Record<string, string> {
  return {
    "X-Vault-Request": "true",
    ...(namespace === undefined || outsideNamespace ? {} : { "X-Vault-Namespace": namespace }),
    ...(token === undefined ? {} : { "X-Vault-Token": Buffer.from(token.reveal()).toString("latin1") }),
    ...(body === undefined ? {} : { "Content-Type": "application/json" }),
  };
}

/** @throws VaultFault standby for another host: neither token nor data key may go there */
function redirectTarget(location: string, from: URL, path: string): URL {
  const target = URL.parse(location, from.href);
  if (target?.origin === from.origin) return target;
  throw new VaultFault(
    "standby",
    `${from.origin} sends ${path} on to ${target?.origin ?? "nowhere"}, which is not followed. ` +
      "Name the active node of Vault, or its load balancer, as endpoint",
  );
}

function objectOf({ body }: Answer, path: string): Readonly<Record<string, unknown>> {
  if (body.length === 0) return {};
  try {
    const value: unknown = JSON.parse(body.toString());
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch (cause) {
    throw new VaultFault("broken", `${path}: the answer is not JSON`, { cause });
  }
  throw new VaultFault("broken", `${path}: the answer is not a JSON object`);
}
