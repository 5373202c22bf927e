import type { VaultFault } from "./fault.ts";

/** What an operator can do about a fault, by the step that met it. */

const SEALED = 'Unseal it with "vault operator unseal".';
const NOT_INITIALISED = 'Set it up with "vault operator init", and unseal it with "vault operator unseal".';

const TLS = "Check MINIO_SSE_VAULT_ENDPOINT (https or http, the host name of the certificate), " +
  "MINIO_SSE_VAULT_CAPATH, and whether Vault wants a client certificate (MINIO_SSE_VAULT_CLIENT_CERT).";

/** A server that does not like our certificate may just hang up. */
const HUNG_UP = /^https:.*(hang up|reset|closed)/i;

/** Faults that mean the same wherever they are met. */
function commonHint({ kind, message }: VaultFault): string {
  switch (kind) {
    case "unreachable":
    case "timeout":
      if (HUNG_UP.test(message)) return TLS;
      return "Check MINIO_SSE_VAULT_ENDPOINT, that Vault runs, and that it can be reached from here.";
    case "tls":
      return TLS;
    case "sealed":
      return SEALED;
    case "standby":
      return "Point MINIO_SSE_VAULT_ENDPOINT to the active node of Vault, or to its load balancer.";
    default:
      return "Check MINIO_SSE_VAULT_ENDPOINT, and the log of Vault.";
  }
}

/** For the step that reaches Vault. */
export function reachHint(fault: VaultFault): string {
  if (/HTTP request to an HTTPS server/.test(fault.message)) {
    return "Write MINIO_SSE_VAULT_ENDPOINT with https://.";
  }
  return commonHint(fault);
}

/** For the step that finds Vault unsealed. */
export function sealHint({ message }: VaultFault): string {
  return /not initialised/.test(message) ? NOT_INITIALISED : SEALED;
}

/** For the log-in. */
export function loginHint(fault: VaultFault): string {
  if (fault.kind !== "login") return commonHint(fault);
  return "Check MINIO_SSE_VAULT_APPROLE_ID, MINIO_SSE_VAULT_APPROLE_SECRET (a secret id can expire), " +
    'MINIO_SSE_VAULT_NAMESPACE, and that "vault auth enable approle" was done.';
}

/** For the steps with a data key. @param path what was called @param mount of transit @param ring the key */
export function keyHint(fault: VaultFault, path: string, mount: string, ring: string): string {
  const { kind, message } = fault;
  if (kind === "denied") return `Give the role a policy with: path "${path}" { capabilities = ["update"] }`;
  if (kind !== "refused") return commonHint(fault);
  if (/no handler for route|unsupported path/.test(message)) {
    return `Do "vault secrets enable -path=${mount} transit", or correct MINIO_SSE_VAULT_TRANSIT_PATH ` +
      "and MINIO_SSE_VAULT_NAMESPACE.";
  }
  return `Make the key with "vault write -f ${mount}/keys/${ring}", or correct MINIO_SSE_VAULT_KEY_NAME.`;
}
