import type { Authentication, Identity } from "../auth/authentication.ts";
import type { RequestHeaders } from "../http/headers.ts";
import type { S3Request } from "../http/request.ts";
import type { Sse } from "../sse/sse.ts";
import type { Store } from "../store/store.ts";

/** What an operation acts on. */
export type Level = "service" | "bucket" | "object";

/** What an operation may use, beside its input. */
export interface Call {
  readonly request: S3Request;
  readonly auth: Authentication;
  readonly store: Store;
  readonly sse: Sse;
  /** Region of every bucket, `us-east-1` where none is configured. */
  readonly region: string;
  /** Whether clients may call this server's region by that name. Without a configured one, by any. */
  isRegion(name: string): boolean;
  /**
   * Refuses unless policy allows this identity the action on a resource other than the request's own
   * (the source of a copy, each key of a DeleteObjects).
   * @param form who asks and under which headers, where the fields of a form say it and not the request
   * @throws S3Error AccessDenied
   */
  authorise(
    action: string,
    bucket: string,
    key?: string,
    form?: { readonly identity: Identity; readonly headers: RequestHeaders },
  ): Promise<void>;
}

/** An answer before it is written. Content-Length is set from the body. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | ReplyStream;
}

/** A body of known length that is pulled by the socket. For HEAD `chunks` is never called. */
export interface ReplyStream {
  readonly length: number;
  /** Each chunk belongs to whoever iterates. */
  chunks(): AsyncIterable<Uint8Array>;
  /** Called exactly once when the body is sent, given up or not wanted. */
  close(): void;
}

/** One S3 operation as a row of the table. */
export interface Operation {
  /** AWS's name: `PutObject`. */
  readonly name: string;
  /** MinIO's name where it is another one. Metrics and audit use it, as MinIO's do. */
  readonly minioName?: string;
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  readonly level: Level;
  /** Query names that must all be present to select it, most specific first: `["uploadId", "partNumber"]`. */
  readonly selectors?: readonly string[];
  /** Header that must be present to select it. */
  readonly selectedByHeader?: string;
  /** Content type (without parameters) that selects it. */
  readonly selectedByContentType?: string;
  /** `name=value` pair of the query that selects it, such as `list-type=2`. */
  readonly selectedByValue?: readonly [name: string, value: string];
  /** Other query names that it understands. */
  readonly parameters?: readonly string[];
  /** The permission checked on the request's own bucket and key before the body is touched; none: the operation checks. */
  readonly action?: string;
  /** parse, handle and reply in one. */
  run(call: Call): Promise<Reply>;
}

/** The three steps of an operation. */
export interface OperationSteps<Input, Output> extends Omit<Operation, "run"> {
  /** Reads everything hostile into a typed input. @throws S3Error */
  parse(call: Call): Input | Promise<Input>;
  handle(input: Input, call: Call): Promise<Output>;
  reply(output: Output, input: Input, call: Call): Reply;
}

/** Makes a row of the table of operations out of its three steps. */
export function operation<Input, Output>(steps: OperationSteps<Input, Output>): Operation {
  const { parse, handle, reply, ...row } = steps;
  return {
    ...row,
    async run(call) {
      const input = await parse(call);
      return reply(await handle(input, call), input, call);
    },
  };
}
