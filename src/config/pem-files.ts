import { createPrivateKey, X509Certificate } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Secret } from "../crypto/secret.ts";

/** A file that is not what it should be. The message goes on after the name of the variable that named it. */
export class PemError extends Error {}

/** Largest file that is read, in bytes. The bundles of all authorities of the world have a quarter of it. */
const MAX_FILE = 1024 * 1024;

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * Every certificate in a file, or in all files below a directory, one PEM text each.
 * @throws PemError when there is none, or a file holds none
 */
export function readAuthorities(path: string): string[] {
  const authorities = filesBelow(path).flatMap((file) => certificatesIn(file, readText(file)));
  if (authorities.length === 0) throw new PemError(`names the directory ${path}, which holds no certificate`);
  return authorities;
}

/** A PEM text that begins with a certificate. @throws PemError */
export function readCertificateChain(path: string): string {
  const text = readText(path);
  certificatesIn(path, text);
  return text;
}

/** A private key as PEM text. @throws PemError */
export function readPrivateKey(path: string): Secret {
  const text = readText(path);
  try {
    createPrivateKey({ key: text, format: "pem" });
  } catch (cause) {
    const fault = text.includes("ENCRYPTED") ? "has a passphrase" : "is not a PEM file of a private key";
    throw new PemError(`names ${path}, which ${fault}`, { cause });
  }
  return Secret.fromText(text);
}

/** Whether the first certificate of a chain was issued for the key. */
export function belongTogether(chain: string, key: Secret): boolean {
  const [own = ""] = chain.match(CERTIFICATE) ?? [];
  return new X509Certificate(own).checkPrivateKey(createPrivateKey(new TextDecoder().decode(key.reveal())));
}

/** A link to a directory is passed over: what a Kubernetes volume links to lies beside it, and a link can be a circle. */
function filesBelow(path: string): string[] {
  if (!stat(path).isDirectory()) return [path];
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    const inside = join(path, entry.name);
    if (entry.isDirectory()) return filesBelow(inside);
    return entry.isSymbolicLink() && stat(inside).isDirectory() ? [] : [inside];
  });
}

function stat(path: string) {
  try {
    return statSync(path);
  } catch (thrown) {
    throw new PemError(`names ${path}, which ${whyUnreadable(thrown)}`);
  }
}

function readText(path: string): string {
  if (!stat(path).isFile()) throw new PemError(`names ${path}, which is not a file`);
  if (stat(path).size > MAX_FILE) throw new PemError(`names ${path}, which is too large to be a PEM file`);
  try {
    return readFileSync(path, "latin1");
  } catch (thrown) {
    throw new PemError(`names ${path}, which ${whyUnreadable(thrown)}`);
  }
}

function certificatesIn(path: string, text: string): string[] {
  const found = text.match(CERTIFICATE) ?? [];
  if (found.length === 0) throw new PemError(`names ${path}, which is not a PEM file of certificates`);
  for (const certificate of found) {
    try {
      new X509Certificate(certificate);
    } catch (cause) {
      throw new PemError(`names ${path}, in which a certificate is damaged`, { cause });
    }
  }
  return found;
}

function whyUnreadable(thrown: unknown): string {
  const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
  if (code === "ENOENT" || code === "ENOTDIR") return "does not exist";
  if (code === "EACCES") return "the server's user may not read";
  return `cannot be read: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
}
