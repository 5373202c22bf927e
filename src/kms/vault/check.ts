import { Buffer } from "node:buffer";
import type { Secret } from "../../crypto/secret.ts";
import type { Step } from "../step.ts";
import { login } from "./approle.ts";
import { Connection } from "./connection.ts";
import { type FaultKind, VaultFault } from "./fault.ts";
import { Transit } from "./transit.ts";
import type { VaultOptions } from "./vault-kms.ts";

/** What the data key of the check is bound to. No bucket can have this name. */
const CONTEXT = { "minio-ts/check": "minio-ts/check" };

/**
 * Walks the way that every SSE-S3 request relies on, one step at a time, and stops at the first that fails: reach Vault,
 * find it unsealed, log in, make a data key, open it again.
 */
export async function* checkVault(options: VaultOptions): AsyncGenerator<Step> {
  const connection = new Connection(options);
  const transit = new Transit(connection, options.transitMount);
  const { keyName: ring, transitMount, appRole } = options;
  let token: Secret | undefined;
  let plaintext: Secret | undefined;
  let ciphertext = "";
  const steps: readonly [name: string, run: () => Promise<void>, hint: (kind: FaultKind) => string][] = [
    [`reach ${options.endpoint.origin}`, () => reach(connection), reachHint],
    [`log in at auth/${appRole.mount}`, async () => {
      token = (await login(connection, appRole)).token;
    }, loginHint],
    [`make a data key under ${transitMount}/keys/${ring}`, async () => {
      if (token !== undefined) ({ plaintext, ciphertext } = await transit.dataKey(token, ring, CONTEXT));
    }, (kind) => keyHint(kind, `${transitMount}/datakey/plaintext/${ring}`, ring, transitMount)],
    [`open the data key again`, async () => {
      if (token === undefined || plaintext === undefined) return;
      const opened = await transit.decrypt(token, ring, ciphertext, CONTEXT);
      if (!Buffer.from(opened.reveal()).equals(plaintext.reveal())) {
        throw new VaultFault("broken", "Vault opened another key than it had made");
      }
    }, (kind) => keyHint(kind, `${transitMount}/decrypt/${ring}`, ring, transitMount)],
  ];
  try {
    for (const [name, run, hint] of steps) {
      const fault = await run().then(() => undefined, (thrown) => describe(thrown, hint));
      yield fault === undefined ? { name } : { name, fault };
      if (fault !== undefined) return;
    }
  } finally {
    connection.close();
  }
}

/** `sys/health` needs no token and no policy. Asked like this it answers 200 whatever state Vault is in. */
async function reach(connection: Connection): Promise<void> {
  const query = "standbyok=true&perfstandbyok=true&sealedcode=200&uninitcode=200&drsecondarycode=200";
  const { initialized, sealed } = await connection.call({ method: "GET", path: `sys/health?${query}` });
  if (initialized === false) throw new VaultFault("sealed", "Vault is not initialised");
  if (sealed === true) throw new VaultFault("sealed", "Vault is sealed");
}

function describe(thrown: unknown, hint: (kind: FaultKind) => string): string {
  if (!(thrown instanceof VaultFault)) return String(thrown);
  return `${thrown.message}. ${hint(thrown.kind)}`.trim();
}

function reachHint(kind: FaultKind): string {
  switch (kind) {
    case "tls":
      return "Check the scheme of MINIO_SSE_VAULT_ENDPOINT, MINIO_SSE_VAULT_CAPATH, and the client certificate.";
    case "sealed":
      return 'Initialise or unseal it with "vault operator init" and "vault operator unseal".';
    default:
      return "Check MINIO_SSE_VAULT_ENDPOINT, and that Vault runs and can be reached from here.";
  }
}

function loginHint(kind: FaultKind): string {
  if (kind !== "login") return "Try again when Vault is well.";
  return "Check MINIO_SSE_VAULT_APPROLE_ID, MINIO_SSE_VAULT_APPROLE_SECRET, MINIO_SSE_VAULT_NAMESPACE, " +
    'and that "vault auth enable approle" was done.';
}

function keyHint(kind: FaultKind, path: string, ring: string, mount: string): string {
  if (kind === "denied") return `Give the role a policy with the capability "update" on ${path}.`;
  if (kind === "refused") {
    return `Make the key ring with "vault write -f ${mount}/keys/${ring}", and check MINIO_SSE_VAULT_KEY_NAME.`;
  }
  return "Try again when Vault is well.";
}
