import type { Config } from "../config/config.ts";
import type { Certificate } from "../http/certificate.ts";
import type { Log } from "../log/log.ts";

/** Says at start what runs, but not as its operator may think. */
export function warnAtStart(
  log: Log,
  config: Config,
  certsDir: string | undefined,
  certificate: Certificate | undefined,
): void {
  if (config.defaultCredentials) {
    log.warn(
      "the default credentials minioadmin:minioadmin are in use, which everyone knows. " +
        "Set MINIO_ROOT_USER and MINIO_ROOT_PASSWORD.",
    );
  }
  if (config.ignored.length > 0) {
    log.warn(`these settings are not known and have no effect: ${config.ignored.join(", ")}.`);
  }
  if (certsDir !== undefined && certificate === undefined) {
    log.warn(`${certsDir} holds no public.crt and private.key: the server speaks HTTP, not HTTPS.`);
  }
  const validity = certificate === undefined ? undefined : validityWarning(certificate, Date.now());
  if (validity !== undefined) log.warn(validity);
}

/** What is wrong with the dates of a certificate at `now`, in milliseconds since the epoch. */
export function validityWarning({ validFrom, validTo }: Certificate, now: number): string | undefined {
  if (validTo < now) {
    return `the certificate expired on ${new Date(validTo).toUTCString()}. Clients will refuse it.`;
  }
  if (validFrom > now) {
    return `the certificate is valid from ${
      new Date(validFrom).toUTCString()
    } on. Clients will refuse it until then.`;
  }
  return undefined;
}
