import { Buffer } from "node:buffer";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A server certificate with its key, both PEM. */
export interface Certificate {
  readonly cert: Uint8Array;
  readonly key: Uint8Array;
  /** Milliseconds since the epoch. */
  readonly validTo: number;
}

/** A certificate that cannot be used. Says which file, what is wrong with it, and what to do. */
export class CertificateError extends Error {}

/**
 * Reads `public.crt` and `private.key` of a directory. `undefined` when neither is there: then the server speaks HTTP.
 * @throws CertificateError
 */
export function readCertificate(directory: string): Certificate | undefined {
  const certPath = join(directory, "public.crt");
  const keyPath = join(directory, "private.key");
  const there = [certPath, keyPath].filter((path) => existsSync(path));
  if (there.length === 0) return undefined;
  if (there.length === 1) {
    const missing = there[0] === certPath ? keyPath : certPath;
    throw new CertificateError(`${there[0]} is there, but ${missing} is missing. TLS needs both.`);
  }
  const cert = read(certPath);
  const key = read(keyPath);
  let parsed: X509Certificate;
  try {
    parsed = new X509Certificate(cert);
  } catch {
    throw new CertificateError(`${certPath} is not a certificate in PEM format.`);
  }
  let privateKey: ReturnType<typeof createPrivateKey>;
  try {
    privateKey = createPrivateKey({ key: Buffer.from(key), format: "pem" });
  } catch {
    const encrypted = /ENCRYPTED/.test(Buffer.from(key).toString("latin1"));
    throw new CertificateError(
      encrypted
        ? `${keyPath} is encrypted. Store it without a passphrase, readable by the server alone.`
        : `${keyPath} is not a private key in PEM format.`,
    );
  }
  if (!parsed.checkPrivateKey(privateKey)) {
    throw new CertificateError(`${keyPath} does not belong to the certificate in ${certPath}.`);
  }
  return { cert, key, validTo: Date.parse(parsed.validTo) };
}

function read(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new CertificateError(`${path} cannot be read: ${reason}`);
  }
}
