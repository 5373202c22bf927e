/** What stands in the place of a secret. */
export const REDACTED = "*REDACTED*";

/** Headers and query parameters whose value is a secret, or may hold one in a form that nobody foresaw. */
const SECRET_NAMES = /(^|-)(authorization|cookie|signature|security-token|customer-key|password|secret)$/i;

/** The same within a text, such as a presigned URL in a Referer: `name=value` or `name: value`. */
const SECRETS_WITHIN =
  /((?:signature|security-token|customer-key|password|secret)(?:=|%3d|:\s*))[^&,;\s"'<>]+/gi;

/**
 * The value of a header or query parameter as it may be kept. An Authorization header of signature version 4 keeps the
 * access key and what was signed; its signature goes.
 */
export function redacted(name: string, value: string): string {
  if (/^authorization$/i.test(name) && /^AWS4-HMAC-SHA256 /.test(value)) return scrubbed(value);
  return SECRET_NAMES.test(name) ? REDACTED : scrubbed(value);
}

/** A text without the secrets that it names. */
function scrubbed(text: string): string {
  return text.replace(SECRETS_WITHIN, `$1${REDACTED}`);
}
