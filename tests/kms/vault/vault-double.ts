import { Buffer } from "node:buffer";
import { randomUUID } from "node:crypto";
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { type DoubleAnswer, refuse, RingDouble } from "./ring-double.ts";

/** How the double misbehaves at the moment. */
export type Trouble =
  | "none"
  | "500"
  | "busy"
  | "forbidden"
  | "hang"
  | "drip"
  | "truncated"
  | "cut"
  | "not-json"
  | "endless"
  | "redirect-away"
  | "redirect-here"
  | "redirect-circle"
  | "reset";

interface Issued {
  readonly renewable: boolean;
  /** Milliseconds. */
  expires: number;
  readonly dies: number;
}

/** TLS material of the double, PEM. */
export interface DoubleTls {
  readonly cert: string;
  readonly key: string;
  /** Demands a client certificate of this authority. */
  readonly clientAuthority?: string;
}

/** A Vault of which every state can be set: it answers as the real one does, down to its error texts. */
export class VaultDouble {
  state: "ready" | "sealed" | "uninitialised" | "standby" = "ready";
  trouble: Trouble = "none";
  /** Paths that the trouble befalls. */
  troubled: (path: string) => boolean = () => true;
  /** What `500` says. */
  says = "internal error";
  /** Where `redirect-away` leads. */
  elsewhere = "http://127.0.0.2:1";
  namespace = "";
  roleId = "role-id-of-the-double";
  secretId = "secret-id-of-the-double";
  /** Seconds of a lease, and of the whole life of a token. 0 is one without end. */
  period = 300;
  maxTtl = 0;
  renewable = true;
  /** Paths that the policy allows. */
  policy: (path: string) => boolean = () => true;
  /** Milliseconds. */
  now: () => number = Date.now;
  /** How long an answer takes, in milliseconds. */
  delay = 0;
  /** Every path that was called, in order. */
  calls: string[] = [];
  /** Headers of the last call. */
  lastHeaders: IncomingHttpHeaders = {};
  /** Requests under way at once, at their highest. */
  mostAtOnce = 0;
  readonly rings = new Map<string, RingDouble>();
  readonly #tokens = new Map<string, Issued>();
  readonly #mounts: { readonly approle: string; readonly transit: string };
  #server: Server | undefined;
  #atOnce = 0;
  url = "";

  constructor(mounts = { approle: "approle", transit: "transit" }) {
    this.#mounts = mounts;
  }

  /** @param port 0 for a free one */
  async listen(tls?: DoubleTls, port = 0): Promise<this> {
    const handler = (incoming: IncomingMessage, outgoing: ServerResponse) =>
      void this.#serve(incoming, outgoing);
    const server = tls === undefined ? createServer(handler) : createTlsServer({
      cert: tls.cert,
      key: tls.key,
      ...(tls.clientAuthority === undefined ? {} : {
        requestCert: true,
        rejectUnauthorized: true,
        ca: tls.clientAuthority,
      }),
    }, handler);
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    this.url = `${tls === undefined ? "http" : "https"}://127.0.0.1:${
      (server.address() as AddressInfo).port
    }`;
    return this;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  }

  addRing(name: string, options: { readonly key?: Uint8Array; readonly derived?: boolean } = {}): void {
    this.rings.set(name, new RingDouble(options.derived ?? false, options.key));
  }

  revokeAll(): void {
    this.#tokens.clear();
  }

  /** Tokens that are valid now. */
  get validTokens(): number {
    return [...this.#tokens.values()].filter(({ expires }) => expires > this.now()).length;
  }

  count(path: string): number {
    return this.calls.filter((call) => call === path).length;
  }

  /** What Vault answers in its present state, without HTTP and its troubles. */
  answer(path: string, body: Readonly<Record<string, string>>, headers: IncomingHttpHeaders): DoubleAnswer {
    this.calls.push(path);
    if (path === "sys/health") return [200, this.#health()];
    const token = String(headers["x-vault-token"] ?? "");
    if (this.state === "uninitialised" || this.state === "sealed") {
      return refuse(503, `${token === "" ? "" : "error performing token check: "}Vault is sealed`);
    }
    if (this.state === "standby") return [473, {}];
    if (String(headers["x-vault-namespace"] ?? "") !== this.namespace) {
      return refuse(404, "no handler for route");
    }
    if (path === `auth/${this.#mounts.approle}/login`) return this.#login(body);
    if (token === "") return refuse(400, "missing client token");
    const issued = this.#tokens.get(token);
    if (issued === undefined || issued.expires <= this.now()) return refuse(403, "permission denied");
    if (path === "auth/token/renew-self") return this.#renew(token, issued);
    if (!this.policy(path)) return refuse(403, "1 error occurred:\n\t* permission denied\n\n");
    return this.#transit(path, body);
  }

  #health(): Readonly<Record<string, boolean>> {
    const { state } = this;
    const sealed = state === "sealed" || state === "uninitialised";
    return { initialized: state !== "uninitialised", sealed, standby: sealed || state === "standby" };
  }

  #login({ role_id: roleId, secret_id: secretId }: Readonly<Record<string, string>>): DoubleAnswer {
    if (!roleId) return refuse(400, "missing role_id");
    if (roleId !== this.roleId) return refuse(400, "invalid role ID");
    if (secretId !== this.secretId) return refuse(400, "invalid secret id");
    const token = `s.${randomUUID()}`;
    const dies = this.now() + (this.maxTtl || Infinity) * 1000;
    const duration = Math.min(this.period || Infinity, this.maxTtl || Infinity);
    this.#tokens.set(token, { renewable: this.renewable, expires: this.now() + duration * 1000, dies });
    return [200, {
      auth: {
        client_token: token,
        lease_duration: duration === Infinity ? 0 : duration,
        renewable: this.renewable,
      },
    }];
  }

  #renew(token: string, issued: Issued): DoubleAnswer {
    if (!issued.renewable) return refuse(400, "batch tokens cannot be renewed");
    const left = Math.min(this.period * 1000, issued.dies - this.now());
    issued.expires = this.now() + left;
    return [200, { auth: { client_token: token, lease_duration: Math.floor(left / 1000), renewable: true } }];
  }

  #transit(path: string, body: Readonly<Record<string, string>>): DoubleAnswer {
    const mount = `${this.#mounts.transit}/`;
    const [, action, name] = /^(datakey\/plaintext|decrypt|encrypt|rewrap)\/([\w.-]+)$/.exec(
      path.startsWith(mount) ? path.slice(mount.length) : "",
    ) ?? [];
    if (action === undefined || name === undefined) return refuse(404, "no handler for route");
    return this.rings.get(name)?.answer(action, body) ?? refuse(400, "encryption key not found");
  }

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    this.#atOnce++;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#atOnce);
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk as Buffer);
      const [path = ""] = (incoming.url ?? "").slice("/v1/".length).split("?");
      this.lastHeaders = incoming.headers;
      if (this.delay > 0) await new Promise((resolve) => setTimeout(resolve, this.delay));
      if (this.trouble !== "none" && this.troubled(path)) {
        this.calls.push(path);
        return await this.#misbehave(incoming, outgoing);
      }
      const body = chunks.length === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString());
      send(outgoing, ...this.answer(path, body, incoming.headers));
    } catch {
      outgoing.destroy();
    } finally {
      this.#atOnce--;
    }
  }

  async #misbehave({ url = "", socket }: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    switch (this.trouble) {
      case "500":
        return send(outgoing, ...refuse(500, this.says));
      case "busy":
        return send(outgoing, ...refuse(429, "request path: rate limit quota exceeded"));
      case "forbidden":
        outgoing.writeHead(403);
        return void outgoing.end("<html>403 Forbidden</html>");
      case "hang":
        return await new Promise((resolve) => outgoing.once("close", () => resolve()));
      case "drip":
        outgoing.writeHead(200, { "Content-Length": 100_000 });
        return await pour(outgoing, " ", 20);
      case "endless":
        outgoing.writeHead(200);
        return await pour(outgoing, " ".repeat(64 * 1024), 0);
      case "truncated":
        outgoing.writeHead(200);
        return void outgoing.end('{"data":{"plain');
      case "cut":
        outgoing.writeHead(200, { "Content-Length": 1000 });
        outgoing.write('{"data":{}}');
        return void setTimeout(() => socket.destroy(), 20);
      case "not-json":
        outgoing.writeHead(200);
        return void outgoing.end("<html>It works!</html>");
      case "reset":
        return void socket.destroy();
      case "redirect-away":
        return redirect(outgoing, `${this.elsewhere}${url}`);
      case "redirect-circle":
        return redirect(outgoing, url);
      case "redirect-here":
        this.trouble = "none";
        return redirect(outgoing, url);
    }
  }
}

async function pour(outgoing: ServerResponse, text: string, pause: number): Promise<void> {
  while (!outgoing.destroyed) {
    outgoing.write(text);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

function redirect(outgoing: ServerResponse, location: string): void {
  outgoing.writeHead(307, { "Location": location, "Content-Length": 0 });
  outgoing.end();
}

function send(outgoing: ServerResponse, status: number, answer: unknown): void {
  const body = Buffer.from(JSON.stringify(answer));
  outgoing.writeHead(status, { "Content-Type": "application/json", "Content-Length": body.length });
  outgoing.end(body);
}
