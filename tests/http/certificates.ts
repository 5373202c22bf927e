import { execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A directory for certificates. The caller removes it. */
export function certificatesFolder(): string {
  return mkdtempSync(join(tmpdir(), "minio-ts-certs-"));
}

/** What a certificate is to be like. */
export interface CertificateWishes {
  /** Its common name; `localhost` unless given. */
  readonly name?: string;
  /** Arguments of openssl for the key; an EC key unless given. */
  readonly key?: readonly string[];
  /** Arguments of openssl for its dates; valid for two days unless given. */
  readonly dates?: readonly string[];
}

const EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];

/** Writes `public.crt` and `private.key`, signed by itself. */
export function writeCertificate(directory: string, wishes: CertificateWishes = {}): void {
  openssl(
    ...["req", "-x509", "-nodes", ...(wishes.key ?? EC), ...(wishes.dates ?? ["-days", "2"])],
    ...["-keyout", join(directory, "private.key"), "-out", join(directory, "public.crt")],
    ...["-subj", `/CN=${wishes.name ?? "localhost"}`, "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
  );
}

/** Runs openssl. @throws when it fails */
export function openssl(...words: readonly string[]): void {
  execFileSync("openssl", words, { stdio: "ignore" });
}
