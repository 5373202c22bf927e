import { Buffer } from "node:buffer";
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createSecureContext } from "node:tls";

/** A server certificate with its chain, and its key, both PEM. */
export interface Certificate {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** Milliseconds since the epoch. */
  readonly validFrom: number;
  /** Milliseconds since the epoch. */
  readonly validTo: number;
}

/** A certificate that cannot be used: which file, what is wrong with it, and in the hint what to do. */
export class CertificateError extends Error {
  readonly hint: string;

  constructor(message: string, hint: string, cause?: unknown) {
    super(message, { cause });
    this.name = "CertificateError";
    this.hint = hint;
  }
}

/**
 * Reads `public.crt` and `private.key` of a directory.
 * @returns `undefined` when neither is there: then the server speaks HTTP
 * @throws CertificateError
 */
export function readCertificate(directory: string): Certificate | undefined {
  const certPath = join(directory, "public.crt");
  const keyPath = join(directory, "private.key");
  const cert = readIfThere(certPath);
  const key = readIfThere(keyPath);
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined) throw missing(certPath, keyPath);
  if (key === undefined) throw missing(keyPath, certPath);
  const parsed = parseCertificate(cert, certPath);
  if (!parsed.checkPrivateKey(parseKey(key, keyPath))) {
    throw new CertificateError(
      `${keyPath} does not belong to the certificate in ${certPath}.`,
      "Put the key that the certificate was issued for beside it.",
    );
  }
  try {
    createSecureContext({ cert, key });
  } catch (thrown) {
    throw new CertificateError(
      `${certPath} and ${keyPath} are refused by this runtime: ${reasonOf(thrown)}`,
      "Issue a certificate with an EC P-256 key, or an RSA key of at least 2048 bits.",
      thrown,
    );
  }
  return { cert, key, validFrom: Date.parse(parsed.validFrom), validTo: Date.parse(parsed.validTo) };
}

/** Whether two certificates are the same, byte for byte. */
export function sameCertificate(one: Certificate, other: Certificate): boolean {
  return one.cert.equals(other.cert) && one.key.equals(other.key);
}

function parseCertificate(cert: Buffer, path: string): X509Certificate {
  try {
    return new X509Certificate(cert);
  } catch (thrown) {
    throw new CertificateError(
      `${path} is not a certificate in PEM format.`,
      "It has to begin with -----BEGIN CERTIFICATE-----.",
      thrown,
    );
  }
}

function parseKey(key: Buffer, path: string): KeyObject {
  try {
    return createPrivateKey({ key, format: "pem" });
  } catch (thrown) {
    if (key.includes("ENCRYPTED")) {
      throw new CertificateError(
        `${path} is encrypted, and there is nobody to type its passphrase.`,
        "Store the key without a passphrase, readable by the server's user alone.",
        thrown,
      );
    }
    throw new CertificateError(
      `${path} is not a private key in PEM format.`,
      "It has to begin with -----BEGIN PRIVATE KEY-----, or with its EC or RSA form.",
      thrown,
    );
  }
}

/** A file that may be missing, but not unreadable: falling back to HTTP then would send secrets in clear. */
function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (thrown) {
    const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new CertificateError(
      `${path} cannot be read: ${reasonOf(thrown)}`,
      "Give the server's user the right to read it.",
      thrown,
    );
  }
}

function missing(path: string, other: string): CertificateError {
  return new CertificateError(`${path} is missing, but ${other} is there.`, "HTTPS needs both files.");
}

function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
