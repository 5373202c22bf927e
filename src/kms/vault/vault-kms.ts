import { Buffer } from "node:buffer";
import type { Secret } from "../../crypto/secret.ts";
import { S3Error } from "../../errors/s3-error.ts";
import type { Kms, KmsContext } from "../kms.ts";
import { type AppRole, login, renew } from "./approle.ts";
import { Breaker } from "./breaker.ts";
import { type Clock, sleep, systemClock } from "./clock.ts";
import { Connection, type ConnectionOptions } from "./connection.ts";
import { VaultFault } from "./fault.ts";
import { Token } from "./token.ts";
import { Transit } from "./transit.ts";

/** A Vault and what is ours in it. */
export interface VaultOptions extends ConnectionOptions {
  readonly appRole: AppRole;
  /** Where the transit engine is mounted: `transit`. */
  readonly transitMount: string;
  /** The key ring that new data keys are made under. */
  readonly keyName: string;
}

/** Further tries after a fault that may pass, and the first wait before one, in milliseconds. */
const RETRIES = 2;
const RETRY_WAIT = 50;
/** Seconds that a client should wait after a 503. */
const RETRY_AFTER = "5";

/** HashiCorp Vault as KMS: transit for data keys, AppRole for ourselves. */
export class VaultKms implements Kms {
  readonly keyId: string;
  readonly #connection: Connection;
  readonly #transit: Transit;
  readonly #token: Token;
  readonly #breaker: Breaker;
  readonly #clock: Clock;

  /** @param told hears of log-ins and renewals that failed */
  constructor(options: VaultOptions, told: (fault: VaultFault) => void, clock: Clock = systemClock) {
    this.keyId = options.keyName;
    this.#clock = clock;
    const connection = new Connection(options);
    this.#connection = connection;
    this.#transit = new Transit(connection, options.transitMount);
    this.#breaker = new Breaker(clock);
    this.#token = new Token(
      { login: () => login(connection, options.appRole), renew: (token) => renew(connection, token) },
      clock,
      told,
    );
  }

  async generateDataKey(context: KmsContext) {
    const { plaintext, ciphertext } = await this.#ask((token) =>
      this.#transit.dataKey(token, this.keyId, context)
    );
    return { keyId: this.keyId, plaintext, sealed: Buffer.from(ciphertext) };
  }

  openDataKey(keyId: string, sealed: Uint8Array, context: KmsContext): Promise<Secret> {
    const ciphertext = Buffer.from(sealed).toString();
    return this.#ask((token) => this.#transit.decrypt(token, keyId, ciphertext, context));
  }

  async rewrapDataKey(keyId: string, sealed: Uint8Array, context: KmsContext) {
    const ciphertext = Buffer.from(sealed).toString();
    const renewed = await this.#ask((token) => this.#transit.rewrap(token, keyId, ciphertext, context));
    return { keyId, sealed: Buffer.from(renewed) };
  }

  async status() {
    const { fault } = this.#breaker;
    return {
      kind: "vault",
      keyId: this.keyId,
      online: fault === undefined,
      ...(fault === undefined ? {} : { fault: fault.message }),
    };
  }

  async close(): Promise<void> {
    this.#token.close();
    this.#connection.close();
  }

  /** The token of the log-in that is under way or done. @throws VaultFault */
  logIn(): Promise<Secret> {
    return this.#token.get();
  }

  /** One operation with everything that keeps it going: token, second log-in, retries, breaker. */
  async #ask<T>(work: (token: Secret) => Promise<T>): Promise<T> {
    try {
      return await this.#breaker.run(() => this.#retried(() => this.#authenticated(work)));
    } catch (thrown) {
      throw clientError(thrown);
    }
  }

  async #retried<T>(work: () => Promise<T>): Promise<T> {
    for (let tries = 0;; tries++) {
      try {
        return await work();
      } catch (thrown) {
        const again = thrown instanceof VaultFault && thrown.passes && thrown.kind !== "timeout";
        if (!again || tries === RETRIES) throw thrown;
        await sleep(this.#clock, RETRY_WAIT * 2 ** tries * (0.5 + this.#clock.random()));
      }
    }
  }

  /** A token may have been revoked since we got it: then one log-in and one more try. */
  async #authenticated<T>(work: (token: Secret) => Promise<T>): Promise<T> {
    const token = await this.#token.get();
    try {
      return await work(token);
    } catch (thrown) {
      if (!(thrown instanceof VaultFault) || thrown.kind !== "denied") throw thrown;
      this.#token.reject(token);
      return await work(await this.#token.get());
    }
  }
}

/** What the client of a request is told: to come back, or that its object cannot be opened. */
function clientError(thrown: unknown): unknown {
  if (!(thrown instanceof VaultFault)) return thrown;
  if (thrown.kind === "refused") return new S3Error("InternalError", { cause: thrown });
  return new S3Error("ServiceUnavailable", { cause: thrown, headers: { "Retry-After": RETRY_AFTER } });
}
