import type { Secret } from "../crypto/secret.ts";
import {
  belongTogether,
  PemError,
  readAuthorities,
  readCertificateChain,
  readPrivateKey,
} from "./pem-files.ts";
import type { RawSettings } from "./read-settings.ts";
import { VAULT } from "./vault-settings.ts";

/** What TLS with Vault is made of. */
export interface VaultCertificates {
  /** PEM certificates in place of the system's. */
  readonly authorities: readonly string[] | undefined;
  /** PEM certificate with its chain, and key, that we show to Vault. */
  readonly client: { readonly cert: string; readonly key: Secret } | undefined;
}

/** Settings that name files. */
type FileSetting = "vaultCaPath" | "vaultClientCert" | "vaultClientKey";

/**
 * The certificates that Vault is believed by, and the one that we show to it.
 * @param faults takes a sentence for every fault
 */
export function readVaultCertificates(raw: RawSettings, faults: string[]): VaultCertificates {
  const { sources } = raw;
  const read = <T>(name: FileSetting, from: (path: string) => T): T | undefined => {
    const path = raw.values[name];
    if (typeof path !== "string") return undefined;
    try {
      return from(path);
    } catch (thrown) {
      if (!(thrown instanceof PemError)) throw thrown;
      faults.push(`${sources[name]} ${thrown.message}.`);
      return undefined;
    }
  };
  const authorities = read("vaultCaPath", readAuthorities);
  const cert = read("vaultClientCert", readCertificateChain);
  const key = read("vaultClientKey", readPrivateKey);
  checkPair(raw, faults);
  if (cert === undefined || key === undefined) return { authorities, client: undefined };
  if (!belongTogether(cert, key)) {
    faults.push(
      `${sources.vaultClientCert} names a certificate that the key of ${sources.vaultClientKey} does not belong to.`,
    );
  }
  return { authorities, client: { cert, key } };
}

function checkPair({ sources }: RawSettings, faults: string[]): void {
  const pair = ["vaultClientCert", "vaultClientKey"] as const;
  const missing = pair.filter((name) => sources[name] === undefined);
  const [absent] = missing;
  if (absent === undefined || missing.length === 2) return;
  const present = sources[absent === "vaultClientCert" ? "vaultClientKey" : "vaultClientCert"];
  faults.push(`${present} is set, but ${VAULT[absent].name} is not. Set both or neither.`);
}
