import { Buffer } from "node:buffer";
import { Agent as HttpAgent, type IncomingMessage, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { Secret } from "../../crypto/secret.ts";
import { VaultFault } from "./fault.ts";

/** Where Vault is and how it is spoken to. */
export interface ConnectionOptions {
  /** `http://` or `https://`, with or without a path before `/v1`. */
  readonly endpoint: URL;
  /** Sent as `X-Vault-Namespace` with every call. */
  readonly namespace?: string;
  /** PEM certificates that replace the system's roots. */
  readonly authorities?: readonly string[];
  /** PEM certificate and key that we show to Vault. */
  readonly client?: { readonly cert: string; readonly key: Secret };
  /** Milliseconds that one call may take, from connection to last byte. */
  readonly deadline: number;
}

/** One call. */
export interface VaultCall {
  readonly method: "GET" | "PUT";
  /** Below `/v1/`. */
  readonly path: string;
  readonly token?: Secret;
  readonly body?: Readonly<Record<string, string | number>>;
}

/** Longest answer that is read, in bytes. */
const MAX_ANSWER = 256 * 1024;
/** Most redirects that are followed, all to the same host. */
const MAX_REDIRECTS = 2;

/** Speaks HTTP with one Vault over a few kept connections. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #agent: HttpAgent;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    const pool = { keepAlive: true, maxSockets: 64 };
    const { authorities, client } = options;
    this.#agent = options.endpoint.protocol === "http:" ? new HttpAgent(pool) : new HttpsAgent({
      ...pool,
      ...(authorities === undefined ? {} : { ca: [...authorities] }),
      ...(client === undefined ? {} : { cert: client.cert, key: Buffer.from(client.key.reveal()) }),
    });
  }

  /**
   * Makes a call and returns the JSON object of the answer; an empty one for an answer without body.
   * @throws VaultFault
   */
  async call(call: VaultCall): Promise<Readonly<Record<string, unknown>>> {
    const { endpoint } = this.#options;
    let target = new URL(`${endpoint.href.replace(/\/+$/, "")}/v1/${call.path}`);
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      const { status, location, body } = await this.#exchange(target, call);
      if (status < 300) return parseObject(body, call);
      if (status !== 307 && status !== 301 && status !== 302) throw refusal(status, body, call);
      const next = new URL(location ?? "", target);
      // The token must not follow a redirect to somebody else.
      if (next.origin !== endpoint.origin) {
        throw new VaultFault(
          "standby",
          `${endpoint.origin} sends ${call.path} on to ${next.origin}, which is not followed. ` +
            "Name the active node, or the load balancer, as endpoint.",
        );
      }
      target = next;
    }
    throw new VaultFault("broken", `${call.path} is redirected in a circle`);
  }

  close(): void {
    this.#agent.destroy();
  }

  #exchange(target: URL, call: VaultCall): Promise<Answer> {
    const { deadline, namespace } = this.#options;
    const body = call.body === undefined ? undefined : Buffer.from(JSON.stringify(call.body));
    const send = target.protocol === "http:" ? httpRequest : httpsRequest;
    return new Promise((resolve, reject) => {
      const outgoing = send(target, {
        method: call.method,
        agent: this.#agent,
        headers: {
          "X-Vault-Request": "true",
          ...(namespace === undefined ? {} : { "X-Vault-Namespace": namespace }),
          ...(call.token === undefined
            ? {}
            : { "X-Vault-Token": Buffer.from(call.token.reveal()).toString("latin1") }),
          ...(body === undefined
            ? {}
            : { "Content-Type": "application/json", "Content-Length": body.length }),
        },
      });
      const fail = (fault: VaultFault) => {
        clearTimeout(limit);
        outgoing.destroy();
        reject(fault);
      };
      const limit = setTimeout(
        () =>
          fail(
            new VaultFault("timeout", `${target.origin} did not answer ${call.path} within ${deadline} ms`),
          ),
        deadline,
      );
      outgoing.on("error", (cause) => fail(connectionFault(target, cause)));
      outgoing.on("response", (incoming) => {
        readAnswer(incoming).then((answer) => {
          clearTimeout(limit);
          resolve(answer);
        }, (cause) => fail(connectionFault(target, cause)));
      });
      outgoing.end(body);
    });
  }
}

interface Answer {
  readonly status: number;
  readonly location: string | undefined;
  readonly body: Buffer;
}

function readAnswer(incoming: IncomingMessage): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    incoming.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length > MAX_ANSWER) reject(new VaultFault("broken", "the answer is too long to be Vault's"));
      else chunks.push(chunk);
    });
    incoming.on("error", reject);
    incoming.on("aborted", () => reject(new Error("the connection broke within the answer")));
    incoming.on("end", () => {
      const { statusCode = 0, headers } = incoming;
      resolve({ status: statusCode, location: headers.location, body: Buffer.concat(chunks) });
    });
  });
}

function connectionFault(target: URL, cause: unknown): VaultFault {
  if (cause instanceof VaultFault) return cause;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const text = cause instanceof Error ? cause.message : String(cause);
  const isTls = /CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS|SSL|EPROTO|ALTNAME/i.test(`${code} ${text}`);
  const reason = text === "" ? code : text;
  return new VaultFault(isTls ? "tls" : "unreachable", `${target.origin}: ${reason}`, { cause });
}

/** The fault that an answer other than 2xx tells of. */
function refusal(status: number, body: Buffer, call: VaultCall): VaultFault {
  const said = errorsIn(body);
  const message = `${call.path}: Vault answered ${status}${said === "" ? "" : `: ${said}`}`;
  if (status === 503 && /sealed/i.test(said)) return new VaultFault("sealed", message);
  if (status === 503 || status === 501) return new VaultFault("sealed", message);
  if (status === 429 || status === 472 || status === 473) return new VaultFault("standby", message);
  if (status === 403) return new VaultFault("denied", message);
  if (status >= 500) return new VaultFault("broken", message);
  return new VaultFault("refused", message);
}

function errorsIn(body: Buffer): string {
  try {
    const { errors } = JSON.parse(body.toString()) as { errors?: unknown };
    if (!Array.isArray(errors)) return "";
    return errors.map(String).join("; ").replace(/\s+/g, " ").trim().slice(0, 500);
  } catch {
    return "";
  }
}

function parseObject(body: Buffer, call: VaultCall): Readonly<Record<string, unknown>> {
  if (body.length === 0) return {};
  try {
    const value: unknown = JSON.parse(body.toString());
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch (cause) {
    throw new VaultFault("broken", `${call.path}: the answer is not JSON`, { cause });
  }
  throw new VaultFault("broken", `${call.path}: the answer is not a JSON object`);
}
