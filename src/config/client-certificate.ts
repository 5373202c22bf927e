import type { Secret } from "../crypto/secret.ts";
import { belongTogether, PemError, readCertificateChain, readPrivateKey } from "./pem-files.ts";
import type { RawSettings } from "./read-settings.ts";

/** The certificate that this server shows to another one (mutual TLS). */
export interface ClientCertificate {
  /** PEM, with its chain. */
  readonly cert: string;
  readonly key: Secret;
}

type Name = keyof RawSettings["sources"];

/**
 * What is in the PEM files that a setting names, `undefined` where it is not set or has a fault.
 * @param faults takes a sentence for a file that is not what it should be
 */
export function readPem<T>(
  { values, sources }: RawSettings,
  name: Name,
  from: (path: string) => T,
  faults: string[],
): T | undefined {
  const path = values[name];
  if (typeof path !== "string") return undefined;
  try {
    return from(path);
  } catch (thrown) {
    if (!(thrown instanceof PemError)) throw thrown;
    faults.push(`${sources[name]} ${thrown.message}.`);
    return undefined;
  }
}

/**
 * The certificate and key of two settings; `undefined` where either is not to be had. That only one is set is the
 * caller's to tell.
 * @param faults takes a sentence for every fault of the files
 */
export function readClientCertificate(
  raw: RawSettings,
  names: { readonly cert: Name; readonly key: Name },
  faults: string[],
): ClientCertificate | undefined {
  const cert = readPem(raw, names.cert, readCertificateChain, faults);
  const key = readPem(raw, names.key, readPrivateKey, faults);
  if (cert === undefined || key === undefined) return undefined;
  if (!belongTogether(cert, key)) {
    const { [names.cert]: certSource, [names.key]: keySource } = raw.sources;
    faults.push(`${certSource} names a certificate that the key of ${keySource} does not belong to.`);
  }
  return { cert, key };
}
