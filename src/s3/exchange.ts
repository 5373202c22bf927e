import type { IncomingMessage } from "node:http";
import type { S3Request } from "../http/request.ts";
import type { Traffic } from "../http/traffic.ts";

/** One request and its answer, once the answer is out, as metrics and audit see them. */
export interface Exchange {
  readonly requestId: string;
  /** MinIO's name of the operation; `Unknown` where the request names none. */
  readonly api: string;
  /** `undefined` when not even its target could be read. */
  readonly request: S3Request | undefined;
  /** Who asked, once that was verified. */
  readonly accessKey: string | undefined;
  readonly incoming: IncomingMessage;
  /** 499 when the client went away before its answer. */
  readonly status: number;
  /** The code of the error document, or of the fault that cut an answer short. */
  readonly errorCode: string | undefined;
  readonly answerHeaders: Readonly<Record<string, string | number>>;
  readonly traffic: Traffic;
  /** Milliseconds from the request to the end of its answer. */
  readonly took: number;
}

/** Who follows the requests. Neither call throws or waits. */
export interface Observer {
  /** Called once for each request, when it is known what it asks for. */
  began(api: string): void;
  /** Called once for each request that began. */
  ended(exchange: Exchange): void;
}

/** The status of a request whose client went away, as MinIO and nginx write it. No client ever sees it. */
export const CLIENT_GONE = 499;
