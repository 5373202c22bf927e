import { S3Error } from "../../errors/s3-error.ts";
import { randomBytes } from "../../crypto/random.ts";
import { parseAnswer } from "../../xml/xml-parser.ts";
import { type Backend, wholeOf } from "./client/backend.ts";
import { type Said, whatIsSaid } from "./client/backend-error.ts";
import type { Answer } from "./client/answer.ts";

/** Why a backend is of no use. The message goes on after its URL. */
export class ProbeError extends Error {
  override readonly name = "ProbeError";
  /** What to do about it. */
  readonly hint: string;

  constructor(message: string, hint: string, cause?: unknown) {
    super(message, { cause });
    this.hint = hint;
  }
}

const CREDENTIALS =
  "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or MINIO_ROOT_USER and MINIO_ROOT_PASSWORD, to what the backend knows.";

/** What faults of ours a backend finds in a signed request, and what to do about each. */
const FAULTS: ReadonlyMap<string, readonly [what: string, hint: string]> = new Map([
  ["InvalidAccessKeyId", ["does not know the access key", CREDENTIALS]],
  ["SignatureDoesNotMatch", ["does not accept the secret key", CREDENTIALS]],
  ["InvalidToken", ["does not accept the session token", "Set AWS_SESSION_TOKEN to that of the access key."]],
  ["ExpiredToken", [
    "says that the session token has expired",
    "Fetch new credentials and set the three AWS_ variables.",
  ]],
  ["RequestTimeTooSkewed", ["has another time than this machine", "Set the clock of this machine."]],
]);

/** Room for the location of a bucket. */
const MAX_DOCUMENT = 64 * 1024;

/**
 * Asks for a bucket that cannot be there, as MinIO does, which takes an address, a certificate and credentials that are
 * all right.
 * @throws ProbeError
 */
export async function probe(backend: Backend): Promise<void> {
  const name = Array.from(randomBytes(12), (byte) => (byte % 36).toString(36)).join("");
  const bucket = `probe-bucket-sign-${name}`;
  const answer = await ask(backend, bucket);
  if (answer.status < 300) return await requireLocation(answer);
  const said = await whatIsSaid(answer);
  // Who may use some buckets alone is not told about others.
  if (said.code === "NoSuchBucket" || said.code === "AccessDenied") return;
  throw fault(answer, said, backend);
}

async function ask(backend: Backend, bucket: string): Promise<Answer> {
  try {
    return await backend.ask({ method: "GET", bucket, query: [["location", ""]], repeatable: true });
  } catch (thrown) {
    const cause = thrown instanceof S3Error ? thrown.cause : thrown;
    const reason = cause instanceof Error ? cause.message : String(cause);
    const hint = /certificate|self.signed|CERT|issuer/i.test(reason)
      ? "Name the authority of its certificate in MINIO_GATEWAY_CAPATH."
      : /ENOTFOUND|EAI_AGAIN|getaddrinfo/i.test(reason) && backend.endpoint.addressing === "virtual-host"
      ? "Check the name, or set MINIO_GATEWAY_ADDRESSING=path where buckets have no host names of their own."
      : "Check the address, and that the backend runs.";
    throw new ProbeError(`cannot be reached: ${reason}`, hint, thrown);
  }
}

function fault(
  { status, headers }: Answer,
  { code, message, region }: Said,
  { region: ours }: Backend,
): ProbeError {
  const theirs = headers.get("x-amz-bucket-region") ?? region;
  const redirects = status >= 300 && status < 400;
  const elsewhere = URL.parse(headers.get("location") ?? "")?.origin;
  if (redirects && theirs === undefined && code === "" && elsewhere !== undefined) {
    return new ProbeError(
      `redirects to ${elsewhere}, where the gateway does not follow`,
      "Check the address.",
    );
  }
  if (code === "AuthorizationHeaderMalformed" || (redirects && (theirs !== undefined || code !== ""))) {
    return new ProbeError(
      `does not take requests that are signed for the region ${ours}`,
      `Set MINIO_REGION to ${theirs === undefined ? "the region of the backend" : theirs}.`,
    );
  }
  const known = FAULTS.get(code);
  if (known !== undefined) return new ProbeError(...known);
  return code === "" ? noS3(status) : new ProbeError(`answers ${code}: ${message}`, "Check the backend.");
}

/** Some servers know a location of every bucket; a web page, such as that of MinIO's console, is none. */
async function requireLocation(answer: Answer): Promise<void> {
  try {
    parseAnswer(await wholeOf(answer, MAX_DOCUMENT), "LocationConstraint");
  } catch (thrown) {
    throw noS3(answer.status, thrown);
  }
}

function noS3(status: number, cause?: unknown): ProbeError {
  return new ProbeError(`does not speak S3: it answers ${status}`, "Check the address.", cause);
}
