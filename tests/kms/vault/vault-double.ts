import { Buffer } from "node:buffer";
import { createCipheriv, createDecipheriv, createHmac, randomBytes, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";

/** How the double misbehaves at the moment. */
export type Trouble =
  | "none"
  | "500"
  | "hang"
  | "drip"
  | "truncated"
  | "redirect-away"
  | "redirect-here"
  | "reset";

/** A ring of transit: its versions' keys, and whether it derives. */
interface Ring {
  readonly derived: boolean;
  readonly keys: Buffer[];
}

interface Issued {
  readonly renewable: boolean;
  /** Milliseconds. */
  expires: number;
  readonly dies: number;
}

/** TLS material of the double. */
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
  namespace = "";
  roleId = "role-id-of-the-double";
  secretId = "secret-id-of-the-double";
  /** Seconds of a lease, and of the whole life of a token (0 for no end). */
  period = 300;
  maxTtl = 0;
  renewable = true;
  /** Paths that the policy allows. */
  policy: (path: string) => boolean = () => true;
  now: () => number = Date.now;
  /** Every path that was called, in order. */
  readonly calls: string[] = [];
  /** Logins, renewals and data keys under way at once, at their highest. */
  mostAtOnce = 0;
  readonly rings = new Map<string, Ring>();
  readonly #tokens = new Map<string, Issued>();
  readonly #mounts: { readonly approle: string; readonly transit: string };
  #server: Server | undefined;
  #atOnce = 0;
  url = "";

  constructor(mounts = { approle: "approle", transit: "transit" }) {
    this.#mounts = mounts;
  }

  async listen(tls?: DoubleTls): Promise<this> {
    const handler = (incoming: IncomingMessage, outgoing: ServerResponse) =>
      void this.#serve(incoming, outgoing);
    this.#server = tls === undefined ? createServer(handler) : createTlsServer({
      cert: tls.cert,
      key: tls.key,
      ...(tls.clientAuthority === undefined ? {} : {
        requestCert: true,
        rejectUnauthorized: true,
        ca: tls.clientAuthority,
      }),
    }, handler);
    const server = this.#server;
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    this.url = `${tls === undefined ? "http" : "https"}://127.0.0.1:${port}`;
    return this;
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise<void>((resolve) => this.#server?.close(() => resolve()) ?? resolve());
  }

  addRing(name: string, options: { readonly key?: Uint8Array; readonly derived?: boolean } = {}): void {
    this.rings.set(name, {
      derived: options.derived ?? false,
      keys: [Buffer.from(options.key ?? randomBytes(32))],
    });
  }

  rotate(name: string): void {
    this.rings.get(name)?.keys.push(randomBytes(32));
  }

  revokeAll(): void {
    this.#tokens.clear();
  }

  count(path: string): number {
    return this.calls.filter((call) => call === path).length;
  }

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    this.#atOnce++;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#atOnce);
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk as Buffer);
      const [path = ""] = (incoming.url ?? "").slice("/v1/".length).split("?");
      this.calls.push(path);
      if (await this.#misbehave(incoming, outgoing)) return;
      const body = chunks.length === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString());
      const [status, answer] = this.#answer(path, body, incoming);
      send(outgoing, status, answer);
    } catch {
      outgoing.destroy();
    } finally {
      this.#atOnce--;
    }
  }

  async #misbehave(incoming: IncomingMessage, outgoing: ServerResponse): Promise<boolean> {
    switch (this.trouble) {
      case "none":
        return false;
      case "500":
        send(outgoing, 500, { errors: ["internal error"] });
        return true;
      case "hang":
        await new Promise((resolve) => outgoing.once("close", resolve));
        return true;
      case "drip":
        outgoing.writeHead(200, { "Content-Length": 1000 });
        while (!outgoing.destroyed) {
          outgoing.write(" ");
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        return true;
      case "truncated":
        outgoing.writeHead(200);
        outgoing.end('{"data":{"plain');
        return true;
      case "reset":
        incoming.socket.destroy();
        return true;
      case "redirect-away":
        outgoing.writeHead(307, { Location: "http://127.0.0.2:1/v1/elsewhere" });
        outgoing.end();
        return true;
      case "redirect-here":
        this.trouble = "none";
        outgoing.writeHead(307, { Location: incoming.url ?? "" });
        outgoing.end();
        return true;
    }
  }

  #answer(path: string, body: Record<string, string>, { headers }: IncomingMessage): [number, unknown] {
    if (path === "sys/health") {
      const { state } = this;
      return [200, {
        initialized: state !== "uninitialised",
        sealed: state !== "ready",
        standby: state === "standby",
      }];
    }
    if (this.state === "uninitialised" || this.state === "sealed") {
      const text = headers["x-vault-token"] === undefined ? "" : "error performing token check: ";
      return [503, { errors: [`${text}Vault is sealed`] }];
    }
    if (this.state === "standby") return [473, {}];
    if ((headers["x-vault-namespace"] ?? "") !== this.namespace) {
      return [404, { errors: ["no handler for route"] }];
    }
    if (path === `auth/${this.#mounts.approle}/login`) return this.#login(body);
    const token = String(headers["x-vault-token"] ?? "");
    if (token === "") return [400, { errors: ["missing client token"] }];
    const issued = this.#tokens.get(token);
    const denied: [number, unknown] = [403, { errors: ["1 error occurred:\n\t* permission denied\n\n"] }];
    if (issued === undefined || issued.expires <= this.now()) return [403, { errors: ["permission denied"] }];
    if (path === "auth/token/renew-self") return this.#renew(token, issued);
    if (!this.policy(path)) return denied;
    return this.#transit(path, body);
  }

  #login(body: Record<string, string>): [number, unknown] {
    if (body["role_id"] !== this.roleId) return [400, { errors: ["invalid role ID"] }];
    if (body["secret_id"] !== this.secretId) return [400, { errors: ["invalid secret id"] }];
    const token = `s.${randomUUID()}`;
    const dies = this.maxTtl === 0 ? Infinity : this.now() + this.maxTtl * 1000;
    this.#tokens.set(token, { renewable: this.renewable, expires: this.now() + this.period * 1000, dies });
    return [200, { auth: { client_token: token, lease_duration: this.period, renewable: this.renewable } }];
  }

  #renew(token: string, issued: Issued): [number, unknown] {
    if (!issued.renewable) return [400, { errors: ["lease is not renewable"] }];
    const left = Math.min(this.period * 1000, issued.dies - this.now());
    issued.expires = this.now() + left;
    return [200, { auth: { client_token: token, lease_duration: Math.floor(left / 1000), renewable: true } }];
  }

  #transit(path: string, body: Record<string, string>): [number, unknown] {
    const [mount, ...words] = path.split("/");
    if (mount !== this.#mounts.transit) return [404, { errors: ["no handler for route"] }];
    const name = decodeURIComponent(words.at(-1) ?? "");
    const ring = this.rings.get(name);
    if (ring === undefined) return [400, { errors: ["encryption key not found"] }];
    if (ring.derived && !body["context"]) {
      return [400, {
        errors: [
          "missing 'context' for key derivation; the key was created using a derived key, which means additional, per-request information must be included",
        ],
      }];
    }
    const context = Buffer.from(body["context"] ?? "", "base64");
    if (path.includes("/datakey/plaintext/")) {
      const plaintext = randomBytes(32);
      return [200, {
        data: { plaintext: plaintext.toString("base64"), ciphertext: seal(ring, plaintext, context) },
      }];
    }
    const plaintext = open(ring, body["ciphertext"] ?? "", context);
    if (plaintext === undefined) return [400, { errors: ["invalid ciphertext: unable to decrypt"] }];
    if (path.includes("/decrypt/")) return [200, { data: { plaintext: plaintext.toString("base64") } }];
    return [200, { data: { ciphertext: seal(ring, plaintext, context) } }];
  }
}

/** `vault:vN:` and the base64 of `nonce (12) | ciphertext | tag (16)`, AES-256-GCM without additional data. */
function seal(ring: Ring, plaintext: Uint8Array, context: Buffer): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", keyOf(ring, ring.keys.length, context), nonce);
  const sealed = Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  return `vault:v${ring.keys.length}:${sealed.toString("base64")}`;
}

function open(ring: Ring, ciphertext: string, context: Buffer): Buffer | undefined {
  const [, version, base64] = /^vault:v(\d+):(.+)$/.exec(ciphertext) ?? [];
  if (version === undefined || base64 === undefined) return undefined;
  const sealed = Buffer.from(base64, "base64");
  try {
    const decipher = createDecipheriv(
      "aes-256-gcm",
      keyOf(ring, Number(version), context),
      sealed.subarray(0, 12),
    );
    decipher.setAuthTag(sealed.subarray(-16));
    return Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]);
  } catch {
    return undefined;
  }
}

function keyOf(ring: Ring, version: number, context: Buffer): Buffer {
  const key = ring.keys[version - 1] ?? Buffer.alloc(32);
  return ring.derived ? createHmac("sha256", key).update(context).digest() : key;
}

function send(outgoing: ServerResponse, status: number, answer: unknown): void {
  outgoing.writeHead(status, { "Content-Type": "application/json" });
  outgoing.end(JSON.stringify(answer));
}
