import { CLIENT_GONE, type Exchange, type Observer } from "../s3/exchange.ts";
import type { Sample } from "./exposition.ts";
import { Histogram } from "./histogram.ts";

/** MinIO's bounds of the time to the first byte, in seconds. */
const TTFB_BOUNDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What is counted of one operation since the start. */
class ApiCounts {
  inFlight = 0;
  total = 0;
  /** Answers of 4xx and 5xx, and answers that broke off. */
  errors4xx = 0;
  errors5xx = 0;
  /** Requests whose client went away. */
  canceled = 0;
  /** Seconds. */
  readonly ttfb = new Histogram(TTFB_BOUNDS);
}

/** Why requests were turned away before they were looked at. */
export interface Rejections {
  auth: number;
  timestamp: number;
  header: number;
  invalid: number;
}

/** Which errors are which rejection. */
const REJECTIONS: Readonly<Record<string, keyof Rejections>> = {
  SignatureDoesNotMatch: "auth",
  InvalidAccessKeyId: "auth",
  AuthorizationHeaderMalformed: "auth",
  AuthorizationQueryParametersError: "auth",
  UnsupportedSignature: "auth",
  ExpiredPresignRequest: "timestamp",
  RequestTimeTooSkewed: "timestamp",
  RequestHeaderSectionTooLarge: "header",
  MetadataTooLarge: "header",
  MissingContentLength: "header",
  InvalidURI: "invalid",
  MethodNotAllowed: "invalid",
  NotImplemented: "invalid",
};

/** Counts the requests, each under the name of its operation and under nothing that a client could make up. */
export class RequestMeter implements Observer {
  readonly #counts = new Map<string, ApiCounts>();
  readonly rejections: Rejections = { auth: 0, timestamp: 0, header: 0, invalid: 0 };
  /** Bytes of request bodies. */
  received = 0;
  /** Bytes of the bodies of answers. */
  sent = 0;
  incoming = 0;

  began(api: string): void {
    this.incoming++;
    this.#of(api).inFlight++;
  }

  ended({ api, status, errorCode, traffic }: Exchange): void {
    const counts = this.#of(api);
    counts.inFlight--;
    counts.total++;
    if (status === CLIENT_GONE) counts.canceled++;
    else if (status >= 500 || (status < 400 && errorCode !== undefined)) counts.errors5xx++;
    else if (status >= 400) counts.errors4xx++;
    if (traffic.firstByteAfter !== undefined) counts.ttfb.observe(traffic.firstByteAfter / 1000);
    const rejection = REJECTIONS[errorCode ?? ""];
    if (rejection !== undefined) this.rejections[rejection]++;
    this.received += traffic.received;
    this.sent += traffic.sent;
  }

  /** One number of every operation that was asked for, under MinIO's label: its name in lower case. */
  perApi(of: (counts: ApiCounts) => number): Sample[] {
    return this.samples((counts, labels) => [{ labels, value: of(counts) }]);
  }

  /** The same for what takes several samples, such as a histogram. */
  samples(of: (counts: ApiCounts, labels: Readonly<Record<string, string>>) => Sample[]): Sample[] {
    return [...this.#counts].flatMap(([api, counts]) => of(counts, { api }));
  }

  #of(api: string): ApiCounts {
    const label = api.toLowerCase();
    const known = this.#counts.get(label);
    if (known !== undefined) return known;
    const counts = new ApiCounts();
    this.#counts.set(label, counts);
    return counts;
  }
}
