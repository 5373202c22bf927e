import { S3Error } from "../../../errors/s3-error.ts";
import { percentEncode } from "../../../http/percent.ts";
import type { Answer } from "./answer.ts";
import { BrokenAnswer } from "./answer-body.ts";
import { errorOf } from "./backend-error.ts";
import { ConnectionFault } from "./connection-fault.ts";
import { Connections } from "./connections.ts";
import { type Endpoint, targetOf } from "./endpoint.ts";
import { framingOf, type RequestBody } from "./request-body.ts";
import { type BackendCredentials, RequestSigner } from "./signer.ts";

/** Which backend, and who we are to it. */
export interface BackendOptions {
  readonly endpoint: Endpoint;
  readonly credentials: BackendCredentials;
  readonly region: string;
  /** PEM certificates to trust; `undefined` for those of the system. */
  readonly authorities?: readonly string[];
}

/** One call of the S3 API. */
export interface BackendCall {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  /** `""` for the service itself. */
  readonly bucket: string;
  /** `""` for the bucket itself. */
  readonly key?: string;
  readonly query?: readonly (readonly [string, string])[];
  /** Values in Latin-1. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: RequestBody;
  /** Whether to make it again when nobody knows what became of it. Only for what is the same done twice. */
  readonly repeatable: boolean;
  /** How long the backend may do nothing, in milliseconds. */
  readonly patience?: number;
}

const ATTEMPTS = 4;
/** Before the second attempt, in milliseconds; doubled for each one after. */
const FIRST_PAUSE = 50;
const PATIENCE = 60_000;
/** What a busy or restarting backend answers. */
const PASSING = new Set([429, 500, 502, 503, 504]);

/** Speaks S3 with one backend. */
export class Backend {
  readonly endpoint: Endpoint;
  readonly #region: string;
  readonly #signer: RequestSigner;
  readonly #connections: Connections;
  #closed = false;

  constructor({ endpoint, credentials, region, authorities }: BackendOptions) {
    this.endpoint = endpoint;
    this.#region = region;
    this.#signer = new RequestSigner(credentials, region);
    this.#connections = new Connections(endpoint.secure, authorities);
  }

  /** Region that requests are signed for. */
  get region(): string {
    return this.#region;
  }

  /**
   * Makes a call and returns its answer when it is a 2xx.
   * @throws S3Error as the backend names it; ServiceUnavailable when it cannot be reached; whatever the body throws
   */
  async call(call: BackendCall): Promise<Answer> {
    const answer = await this.ask(call);
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw await errorOf(answer);
  }

  /** The same for any answer. */
  async ask(call: BackendCall): Promise<Answer> {
    if (this.#closed) throw new Error("the connection to the backend was closed");
    const { body, repeatable } = call;
    for (let attempt = 1;; attempt++) {
      const last = attempt === ATTEMPTS;
      try {
        const answer = await this.#send(call);
        if (last || !PASSING.has(answer.status) || !repeatable || body?.kind === "stream") return answer;
        answer.body.cancel();
      } catch (thrown) {
        if (!(thrown instanceof ConnectionFault)) throw thrown;
        const again = body?.kind === "stream" ? !thrown.bodyBegun : repeatable;
        if (last || !again) throw unreachable(thrown);
      }
      await pause(FIRST_PAUSE * 2 ** (attempt - 1));
    }
  }

  /** The whole document that a call is answered with. @param most bytes that it may have */
  async document(call: BackendCall, most: number): Promise<Uint8Array> {
    return await wholeOf(await this.call(call), most);
  }

  /** Makes a call whose answer says nothing but that it was done. */
  async done(call: BackendCall): Promise<Answer> {
    const answer = await this.call(call);
    await answer.body.whole(64 * 1024).catch(() => answer.body.cancel());
    return answer;
  }

  close(): void {
    this.#closed = true;
    this.#connections.close();
  }

  #send(call: BackendCall): Promise<Answer> {
    const { method, bucket, key = "", query = [], body, patience = PATIENCE } = call;
    const { host, authority, path } = targetOf(this.endpoint, bucket, key);
    const { "Content-Encoding": encoding, ...others } = call.headers ?? {};
    const framing = framingOf(body, this.endpoint.secure, encoding);
    const { headers, chain } = this.#signer.sign({
      method,
      path,
      query,
      headers: {
        ...others,
        ...(encoding === undefined ? {} : { "Content-Encoding": encoding }),
        ...(method === "PUT" || method === "POST" ? framing.headers : {}),
        "Host": authority,
      },
      payloadHash: framing.payloadHash,
    });
    const text = query.map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`).join("&");
    return this.#connections.exchange({
      method,
      host,
      port: this.endpoint.port,
      target: text === "" ? path : `${path}?${text}`,
      headers,
      pieces: framing.pieces(chain),
      once: body?.kind === "stream",
      patience,
    });
  }
}

/**
 * All bytes of an answer.
 * @param most bytes that it may have
 * @throws S3Error ServiceUnavailable when it breaks off, InternalError when it is longer
 */
export async function wholeOf({ body }: Answer, most: number): Promise<Uint8Array> {
  try {
    return await body.whole(most);
  } catch (thrown) {
    throw thrown instanceof BrokenAnswer ? unreachable(thrown) : thrown;
  }
}

/** What a client is told while the backend is away. */
export function unreachable(cause: unknown): S3Error {
  return new S3Error("ServiceUnavailable", {
    message: "The backend of this gateway does not answer. Please retry.",
    headers: { "Retry-After": "2" },
    cause,
  });
}

function pause(time: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, time * (0.5 + Math.random())));
}
