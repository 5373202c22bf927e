import type { FaultKind, VaultFault } from "./fault.ts";

/** What an operator can do about a fault, by the step that met it. */

const SEALED = 'Unseal it with "vault operator unseal".';
const NOT_INITIALISED = 'Set it up with "vault operator init", and unseal it with "vault operator unseal".';

/** Faults that mean the same wherever they are met. */
function commonHint(kind: FaultKind): string {
  switch (kind) {
    case "unreachable":
    case "timeout":
      return "Check MINIO_SSE_VAULT_ENDPOINT, that Vault runs, and that it can be reached from here.";
    case "tls":
      return "Check MINIO_SSE_VAULT_ENDPOINT (https or http, the host name of the certificate), " +
        "MINIO_SSE_VAULT_CAPATH, and whether Vault wants a client certificate (MINIO_SSE_VAULT_CLIENT_CERT).";
    case "sealed":
      return SEALED;
    case "standby":
      return "Point MINIO_SSE_VAULT_ENDPOINT to the active node of Vault, or to its load balancer.";
    default:
      return "Check MINIO_SSE_VAULT_ENDPOINT, and the log of Vault.";
  }
}

/** For the step that reaches Vault. */
export function reachHint({ kind, message }: VaultFault): string {
  if (/HTTP request to an HTTPS server/.test(message)) return "Write MINIO_SSE_VAULT_ENDPOINT with https://.";
  return commonHint(kind);
}

/** For the step that finds Vault unsealed. */
export function sealHint({ message }: VaultFault): string {
  return /not initialised/.test(message) ? NOT_INITIALISED : SEALED;
}

/** For the log-in. */
export function loginHint({ kind }: VaultFault): string {
  if (kind !== "login") return commonHint(kind);
  return "Check MINIO_SSE_VAULT_APPROLE_ID, MINIO_SSE_VAULT_APPROLE_SECRET (a secret id can expire), " +
    'MINIO_SSE_VAULT_NAMESPACE, and that "vault auth enable approle" was done.';
}

/** For the steps with a data key. @param path what was called @param mount of transit @param ring the key */
export function keyHint({ kind, message }: VaultFault, path: string, mount: string, ring: string): string {
  if (kind === "denied") return `Give the role a policy with: path "${path}" { capabilities = ["update"] }`;
  if (kind !== "refused") return commonHint(kind);
  if (/no handler for route|unsupported path/.test(message)) {
    return `Do "vault secrets enable -path=${mount} transit", or correct MINIO_SSE_VAULT_TRANSIT_PATH ` +
      "and MINIO_SSE_VAULT_NAMESPACE.";
  }
  return `Make the key with "vault write -f ${mount}/keys/${ring}", or correct MINIO_SSE_VAULT_KEY_NAME.`;
}
