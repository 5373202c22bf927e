import { S3Error } from "../../errors/s3-error.ts";
import { randomBytes } from "../../crypto/random.ts";
import type { Backend } from "./client/backend.ts";
import { type Said, whatIsSaid } from "./client/backend-error.ts";
import type { Answer } from "./client/exchange.ts";

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
const FAULTS: Readonly<Record<string, readonly [what: string, hint: string]>> = {
  InvalidAccessKeyId: ["does not know the access key", CREDENTIALS],
  SignatureDoesNotMatch: ["does not accept the secret key", CREDENTIALS],
  InvalidToken: ["does not accept the session token", "Set AWS_SESSION_TOKEN to that of the access key."],
  ExpiredToken: [
    "says that the session token has expired",
    "Fetch new credentials and set the three AWS_ variables.",
  ],
  RequestTimeTooSkewed: ["has another time than this machine", "Set the clock of this machine."],
};

/**
 * Asks for a bucket that cannot be there, as MinIO does, which takes an address, a certificate and credentials that are
 * all right.
 * @throws ProbeError
 */
export async function probe(backend: Backend): Promise<void> {
  const name = Array.from(randomBytes(12), (byte) => (byte % 36).toString(36)).join("");
  const bucket = `probe-bucket-sign-${name}`;
  const answer = await ask(backend, bucket);
  if (answer.status < 300) return answer.body.cancel();
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
  if (code === "AuthorizationHeaderMalformed" || (status >= 300 && status < 400)) {
    return new ProbeError(
      `does not take requests that are signed for the region ${ours}`,
      `Set MINIO_REGION to ${theirs === undefined ? "the region of the backend" : theirs}.`,
    );
  }
  const [what, hint] = FAULTS[code] ?? [];
  if (what !== undefined && hint !== undefined) return new ProbeError(what, hint);
  return code === ""
    ? new ProbeError(`does not speak S3: it answers ${status}`, "Check the address.")
    : new ProbeError(`answers ${code}: ${message}`, "Check the backend.");
}
