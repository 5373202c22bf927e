import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import type { TestAuthority } from "./certificates.ts";
import type { MakeVault, VaultSketch, VaultUnderTest } from "./vault-under-test.ts";

/** Largest answer that a caller of `ask` gets to see in an error. */
const SHOWN = 300;

type Json = Readonly<Record<string, unknown>>;

/** Real ones, from an executable of HashiCorp Vault or OpenBao. @param authority of the certificates in use */
export function realVaults(executable: string, authority: TestAuthority): MakeVault {
  return async (sketch = {}) => {
    const vault = new RealVault(executable, authority, sketch, await freePort());
    await vault.boot();
    if (sketch.uninitialised !== true) await vault.setUp();
    return vault;
  };
}

class RealVault implements VaultUnderTest {
  readonly #executable: string;
  readonly #directory = mkdtempSync(join(tmpdir(), "minio-ts-real-vault-"));
  readonly #sketch: VaultSketch;
  readonly #client: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  readonly url: string;
  roleId = "";
  secretId = "";
  #root = "";
  #unsealKey = "";
  #child: ChildProcess | undefined;

  constructor(executable: string, authority: TestAuthority, sketch: VaultSketch, port: number) {
    this.#executable = executable;
    this.#sketch = sketch;
    const { tls } = sketch;
    this.url = `${tls === undefined ? "http" : "https"}://127.0.0.1:${port}`;
    const client = tls?.clientAuthority === undefined ? undefined : authority.client();
    this.#client = tls === undefined ? {} : {
      ca: authority.cert,
      ...(client === undefined ? {} : { cert: client.cert, key: client.key }),
    };
    mkdirSync(join(this.#directory, "storage"));
    writeFileSync(join(this.#directory, "ca.crt"), tls?.clientAuthority ?? "");
    writeFileSync(
      join(this.#directory, "config.json"),
      JSON.stringify({
        storage: { file: { path: join(this.#directory, "storage") } },
        listener: [{
          tcp: {
            address: `127.0.0.1:${port}`,
            cluster_address: "127.0.0.1:0",
            ...(tls === undefined ? { tls_disable: true } : {
              tls_cert_file: tls.server.certPath,
              tls_key_file: tls.server.keyPath,
            }),
            ...(tls?.clientAuthority === undefined ? {} : {
              tls_require_and_verify_client_cert: true,
              tls_client_ca_file: join(this.#directory, "ca.crt"),
            }),
          },
        }],
        disable_mlock: true,
        api_addr: this.url,
      }),
    );
  }

  /** Starts the process, whatever state Vault is in then. */
  async boot(): Promise<void> {
    const { PATH } = process.env;
    const child = spawn(this.#executable, ["server", "-config", join(this.#directory, "config.json")], {
      stdio: "ignore",
      env: { PATH, HOME: this.#directory },
    });
    this.#child = child;
    for (let tries = 0;; tries++) {
      try {
        await this.#ask("GET", "sys/seal-status");
        return;
      } catch (thrown) {
        if (tries === 100 || child.exitCode !== null) throw thrown;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }

  /** Follows MinIO's guide: initialise, unseal, AppRole, transit, policy, role. */
  async setUp(): Promise<void> {
    const made = await this.#ask("PUT", "sys/init", { secret_shares: 1, secret_threshold: 1 });
    this.#root = String(made["root_token"]);
    this.#unsealKey = String((made["keys_base64"] as unknown[])[0]);
    await this.unseal();
    await this.#ask("POST", "sys/auth/approle", { type: "approle" });
    await this.#ask("POST", "sys/mounts/transit", { type: "transit" });
    await this.allow(["transit/*"]);
    await this.#ask("POST", "auth/approle/role/my-role", { policies: "minio-policy", period: "5m" });
    this.roleId = String(dataOf(await this.#ask("GET", "auth/approle/role/my-role/role-id"))["role_id"]);
    const secret = await this.#ask("POST", "auth/approle/role/my-role/secret-id", {});
    this.secretId = String(dataOf(secret)["secret_id"]);
  }

  async addRing(name: string, derived = false): Promise<void> {
    await this.#ask("POST", `transit/keys/${name}`, { derived });
  }

  async rotate(name: string): Promise<void> {
    await this.#ask("POST", `transit/keys/${name}/rotate`, {});
  }

  async allow(paths: readonly string[]): Promise<void> {
    const policy = paths.map((path) => `path "${path}" { capabilities = ["update"] }`).join("\n");
    await this.#ask("PUT", "sys/policy/minio-policy", { policy });
  }

  async tokens({ period, maxTtl = 0, renewable = true }: Parameters<VaultUnderTest["tokens"]>[0]) {
    const periodic = renewable && maxTtl === 0;
    await this.#ask("POST", "auth/approle/role/my-role", {
      policies: "minio-policy",
      period: periodic ? `${period}s` : "0",
      token_ttl: periodic ? "0" : `${period}s`,
      token_max_ttl: `${maxTtl}s`,
      token_type: renewable ? "service" : "batch",
    });
  }

  async revokeTokens(): Promise<void> {
    await this.#ask("PUT", "sys/leases/revoke-prefix/auth/approle/login", {});
  }

  async withdrawSecretId(): Promise<void> {
    await this.#ask("POST", "auth/approle/role/my-role/secret-id/destroy", { secret_id: this.secretId });
  }

  async seal(): Promise<void> {
    await this.#ask("PUT", "sys/seal", {});
  }

  async unseal(): Promise<void> {
    await this.#ask("PUT", "sys/unseal", { key: this.#unsealKey });
    for (let tries = 0; tries < 100; tries++) {
      const { sealed, standby } = await this.#ask("GET", "sys/health?sealedcode=200&standbyok=true");
      if (sealed === false && standby === false) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error("Vault stays sealed");
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  }

  async start(): Promise<void> {
    await this.boot();
    await this.unseal();
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #ask(method: string, path: string, body?: Json): Promise<Json> {
    const send = this.#sketch.tls === undefined ? httpRequest : httpsRequest;
    return new Promise((resolve, reject) => {
      const request = send(`${this.url}/v1/${path}`, {
        method,
        headers: this.#root === "" ? {} : { "X-Vault-Token": this.#root },
        ...this.#client,
      }, (incoming) => {
        let text = "";
        incoming.setEncoding("utf8").on("data", (chunk: string) => text += chunk);
        incoming.on("end", () => {
          const { statusCode = 0 } = incoming;
          if (statusCode < 300) return resolve(text === "" ? {} : JSON.parse(text));
          reject(new Error(`${method} ${path}: ${statusCode} ${text.slice(0, SHOWN)}`));
        });
      });
      request.on("error", reject);
      request.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}

function dataOf(answer: Json): Json {
  return answer["data"] as Json;
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

/** The executable that the environment names, `undefined` for none. */
export function namedExecutable(): string | undefined {
  const name = process.env["VAULT_BIN"];
  return name === "" ? undefined : name;
}
