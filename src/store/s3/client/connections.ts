import { Agent as HttpAgent, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { sendingOnce } from "../../../http/sending-once.ts";
import type { Answer } from "./answer.ts";
import { Exchange, type WireRequest } from "./exchange.ts";

/** Idle connections are closed after this time, in milliseconds: sooner than servers do, so that none is met closing. */
const IDLE_CONNECTION = 4000;

/** Connections to a backend, kept and shared. */
export class Connections {
  readonly #secure: boolean;
  readonly #agent: HttpAgent;

  /** @param authorities PEM certificates to trust; `undefined` for those of the system */
  constructor(secure: boolean, authorities: readonly string[] | undefined) {
    this.#secure = secure;
    const pool = { keepAlive: true, maxFreeSockets: 64, timeout: IDLE_CONNECTION };
    this.#agent = sendingOnce(
      secure
        ? new HttpsAgent({ ...pool, ...(authorities === undefined ? {} : { ca: [...authorities] }) })
        : new HttpAgent(pool),
    );
  }

  /**
   * Makes a request. The answer may come before the body has been sent; then the rest of it is not.
   * @throws ConnectionFault, and whatever the pieces throw
   */
  exchange(request: WireRequest): Promise<Answer> {
    const send = this.#secure ? httpsRequest : httpRequest;
    const outgoing = send({
      method: request.method,
      host: request.host,
      port: request.port,
      path: request.target,
      headers: { ...request.headers, ...(request.once ? { "Expect": "100-continue" } : {}) },
      agent: this.#agent,
    });
    return new Exchange(request, outgoing).answer;
  }

  close(): void {
    this.#agent.destroy();
  }
}
