import type { Buffer } from "node:buffer";
import type { Answer } from "./exchange.ts";
import { type FaultKind, VaultFault } from "./fault.ts";

/** The fault that an answer other than 2xx tells of (minio-formats section 12). @param path what was called */
export function refusal({ status, body }: Answer, path: string): VaultFault {
  const said = saidIn(body);
  return new VaultFault(kindOf(status), `${path}: Vault answered ${status}${said === "" ? "" : `: ${said}`}`);
}

function kindOf(status: number): FaultKind {
  // 501 means not initialised. A Vault that is sealed, or still starting, answers 503 to everything.
  if (status === 501 || status === 503) return "sealed";
  if (status === 472 || status === 473) return "standby";
  // Over a quota of requests, or asked before a replica has heard of the token.
  if (status === 429 || status === 412) return "busy";
  if (status === 403) return "denied";
  return status >= 500 ? "broken" : "refused";
}

/** Vault's own words, or the beginning of what something in its place says. On one line. */
function saidIn(body: Buffer): string {
  const text = body.toString();
  return (errorsIn(text) ?? text).replace(/\s+/g, " ").trim().slice(0, 300);
}

function errorsIn(text: string): string | undefined {
  try {
    const { errors } = JSON.parse(text) as { errors?: unknown };
    return Array.isArray(errors) ? errors.map(String).join("; ") : "";
  } catch {
    return undefined;
  }
}
