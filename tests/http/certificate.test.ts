import { afterEach, beforeEach, expect, test } from "bun:test";
import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CertificateError, readCertificate, sameCertificate } from "../../src/http/certificate.ts";
import { certificatesFolder, openssl, writeCertificate } from "./certificates.ts";

let directory = "";
const cert = () => join(directory, "public.crt");
const key = () => join(directory, "private.key");
beforeEach(() => void (directory = certificatesFolder()));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** The error that reading gives. */
function fault(): CertificateError {
  try {
    readCertificate(directory);
  } catch (thrown) {
    if (thrown instanceof CertificateError) return thrown;
    throw thrown;
  }
  throw new Error("the certificate was taken");
}

test("a directory without certificate means HTTP, and so does none", () => {
  expect(readCertificate(directory)).toBeUndefined();
  expect(readCertificate(join(directory, "none"))).toBeUndefined();
});

test("a certificate comes with its key and its dates", () => {
  writeCertificate(directory);
  const read = readCertificate(directory);
  expect(read?.cert.equals(readFileSync(cert()))).toBe(true);
  expect(read?.key.equals(readFileSync(key()))).toBe(true);
  expect((read?.validTo ?? 0) - (read?.validFrom ?? 0)).toBe(2 * 24 * 3600 * 1000);
});

test.each([
  ["RSA", ["-newkey", "rsa:2048"]],
  ["Ed25519", ["-newkey", "ed25519"]],
])("a certificate with an %s key is taken", (_name, words) => {
  writeCertificate(directory, { key: words });
  expect(readCertificate(directory)).toBeDefined();
});

test("a key behind EC parameters is taken", () => {
  openssl("ecparam", "-name", "prime256v1", "-genkey", "-out", key());
  openssl("req", "-x509", "-key", key(), "-out", cert(), "-subj", "/CN=localhost");
  expect(readFileSync(key(), "utf8")).toStartWith("-----BEGIN EC PARAMETERS-----");
  expect(readCertificate(directory)).toBeDefined();
});

test("half of the pair is a fault that names the missing half", () => {
  writeCertificate(directory);
  rmSync(key());
  expect(fault().message).toBe(`${key()} is missing, but ${cert()} is there.`);
  writeCertificate(directory);
  rmSync(cert());
  expect(fault().message).toBe(`${cert()} is missing, but ${key()} is there.`);
});

test("a key of another certificate is a fault", () => {
  const other = certificatesFolder();
  writeCertificate(directory);
  writeCertificate(other);
  copyFileSync(join(other, "private.key"), key());
  rmSync(other, { recursive: true });
  expect(fault().message).toBe(`${key()} does not belong to the certificate in ${cert()}.`);
});

test.each([
  ["in OpenSSL's old form", ["-traditional"]],
  ["as PKCS #8", []],
])("a key encrypted %s is a fault that says what to do", (_name, form) => {
  writeCertificate(directory);
  const plain = join(directory, "plain.key");
  renameSync(key(), plain);
  openssl("pkey", "-in", plain, "-aes256", "-passout", "pass:hunter2", ...form, "-out", key());
  expect(fault().message).toContain(`${key()} is encrypted`);
  expect(fault().hint).toContain("without a passphrase");
});

test("files that are no PEM are faults that name the file", () => {
  writeCertificate(directory);
  writeFileSync(key(), "no key");
  expect(fault().message).toBe(`${key()} is not a private key in PEM format.`);
  writeFileSync(cert(), "no certificate");
  expect(fault().message).toBe(`${cert()} is not a certificate in PEM format.`);
});

test("a file that cannot be read is a fault and never means HTTP", () => {
  writeCertificate(directory);
  rmSync(cert());
  mkdirSync(cert());
  expect(fault().message).toStartWith(`${cert()} cannot be read: `);
});

test("two certificates are the same only byte for byte", () => {
  writeCertificate(directory);
  const first = readCertificate(directory);
  const again = readCertificate(directory);
  writeCertificate(directory);
  const next = readCertificate(directory);
  if (first === undefined || again === undefined || next === undefined) throw new Error("not read");
  expect([sameCertificate(first, again), sameCertificate(first, next)]).toEqual([true, false]);
});
