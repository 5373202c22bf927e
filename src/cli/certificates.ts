import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { type Certificate, CertificateError, readCertificate, sameCertificate } from "../http/certificate.ts";
import type { Listening } from "../http/listen.ts";
import type { Log } from "../log/log.ts";
import { FatalError } from "./command.ts";
import { validityWarning } from "./warnings.ts";

/** How often the files are looked at, in milliseconds. Watching them would miss swapped links, as in Kubernetes. */
const PERIOD = 10_000;

/**
 * The directory to look for a certificate in: the one of the flag, or MinIO's default, which need not exist.
 * @throws FatalError when the one of the flag does not exist
 */
export function certificatesDirectory(flag: string | undefined): string {
  if (flag === undefined) return join(process.env["HOME"] ?? homedir(), ".minio", "certs");
  if (existsSync(flag)) return resolve(flag);
  throw new FatalError(`Unable to load the TLS certificate: The directory ${resolve(flag)} does not exist.`, {
    hint: "Create it with public.crt and private.key in it, or leave --certs-dir away to speak HTTP.",
  });
}

/** The certificate in a directory, `undefined` when there is none. @throws FatalError for one that cannot be used */
export function loadCertificate(directory: string): Certificate | undefined {
  try {
    return readCertificate(directory);
  } catch (thrown) {
    if (!(thrown instanceof CertificateError)) throw thrown;
    throw new FatalError(`Unable to load the TLS certificate: ${thrown.message}`, { hint: thrown.hint });
  }
}

/**
 * Gives a server its certificate anew whenever the files change, or at once on SIGHUP. While the new files cannot be
 * used, because one of them is not written yet for example, the old certificate stays.
 * @returns ends it
 */
export function renewCertificate(
  directory: string,
  first: Certificate,
  listening: Listening,
  log: Log,
): () => void {
  let current = first;
  let reported = "";
  const look = async () => {
    try {
      const next = readCertificate(directory);
      if (next === undefined) throw new CertificateError(`${directory} holds no certificate any more.`, "");
      reported = "";
      if (sameCertificate(current, next)) return;
      await listening.renew(next);
      current = next;
      log.info(`the certificate was renewed; it is valid to ${new Date(next.validTo).toUTCString()}.`);
      const warning = validityWarning(next, Date.now());
      if (warning !== undefined) log.warn(warning);
    } catch (thrown) {
      const message = thrown instanceof Error ? thrown.message : String(thrown);
      if (message !== reported) log.error(`the certificate was not renewed; the old one stays. ${message}`);
      reported = message;
    }
  };
  let looking = Promise.resolve();
  const lookAgain = () => void (looking = looking.then(look));
  const timer = setInterval(lookAgain, PERIOD);
  process.on("SIGHUP", lookAgain);
  return () => {
    clearInterval(timer);
    process.off("SIGHUP", lookAgain);
  };
}
