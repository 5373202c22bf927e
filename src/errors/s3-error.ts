import { S3_ERRORS } from "./table.ts";

/** A code of the table of S3 errors. */
export type S3ErrorCode = keyof typeof S3_ERRORS;

/** What an `S3Error` may carry beside its code. */
export interface S3ErrorDetail {
  /** Text for the client in place of the table's. */
  readonly message?: string;
  /** Extra elements of the error document, in order: `{ ArgumentName: "partNumber" }`. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Extra response headers, such as `Retry-After`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Why it happened: for the log only, never sent. */
  readonly cause?: unknown;
  /** How another server, whose error this is, called it: a code that the table may lack, and its status. */
  readonly foreign?: { readonly code: string; readonly status: number };
}

/** An answer of the S3 error table. Thrown anywhere below a request, written by `s3/reply`. */
export class S3Error extends Error {
  readonly code: S3ErrorCode;
  /** The code that the client is told: the same, unless another server named it. */
  readonly shownCode: string;
  readonly status: number;
  readonly fields: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: S3ErrorCode, detail: S3ErrorDetail = {}) {
    super(detail.message ?? S3_ERRORS[code].message, { cause: detail.cause });
    this.name = "S3Error";
    this.code = code;
    this.shownCode = detail.foreign?.code ?? code;
    this.status = detail.foreign?.status ?? S3_ERRORS[code].status;
    this.fields = detail.fields ?? {};
    this.headers = detail.headers ?? {};
  }
}

/** Turns anything thrown into an `S3Error`; what is not one already becomes InternalError with its cause kept. */
export function toS3Error(thrown: unknown): S3Error {
  return thrown instanceof S3Error ? thrown : new S3Error("InternalError", { cause: thrown });
}
