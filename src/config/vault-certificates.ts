import { type ClientCertificate, readClientCertificate, readPem } from "./client-certificate.ts";
import { readAuthorities } from "./pem-files.ts";
import type { RawSettings } from "./read-settings.ts";
import { VAULT } from "./vault-settings.ts";

/** What TLS with Vault is made of. */
export interface VaultCertificates {
  /** PEM certificates in place of the system's. */
  readonly authorities: readonly string[] | undefined;
  /** What we show to Vault. */
  readonly client: ClientCertificate | undefined;
}

/**
 * The certificates that Vault is believed by, and the one that we show to it.
 * @param faults takes a sentence for every fault
 */
export function readVaultCertificates(raw: RawSettings, faults: string[]): VaultCertificates {
  const authorities = readPem(raw, "vaultCaPath", readAuthorities, faults);
  const client = readClientCertificate(raw, { cert: "vaultClientCert", key: "vaultClientKey" }, faults);
  checkPair(raw, faults);
  return { authorities, client };
}

function checkPair({ sources }: RawSettings, faults: string[]): void {
  const pair = ["vaultClientCert", "vaultClientKey"] as const;
  const missing = pair.filter((name) => sources[name] === undefined);
  const [absent] = missing;
  if (absent === undefined || missing.length === 2) return;
  const present = sources[absent === "vaultClientCert" ? "vaultClientKey" : "vaultClientCert"];
  faults.push(`${present} is set, but ${VAULT[absent].name} is not. Set both or neither.`);
}
