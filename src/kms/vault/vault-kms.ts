import { Buffer } from "node:buffer";
import type { Secret } from "../../crypto/secret.ts";
import { S3Error } from "../../errors/s3-error.ts";
import type { DataKey, Kms, KmsContext, KmsStatus, RewrappedKey } from "../kms.ts";
import type { Step } from "../step.ts";
import { login, renew } from "./approle.ts";
import { CHECK_CONTEXT, checkVault } from "./check.ts";
import { ciphertextVersion } from "./ciphertext.ts";
import { type Clock, systemClock } from "./clock.ts";
import { connect, type Connection } from "./connection.ts";
import { VaultFault } from "./fault.ts";
import type { VaultOptions } from "./options.ts";
import { Session } from "./session.ts";
import type { TokenEvent } from "./token.ts";
import { Transit } from "./transit.ts";

/** What a test puts in the place of the world. */
export interface VaultWorld {
  readonly clock?: Clock;
  readonly connection?: Connection;
}

/** Seconds that a client should wait after a 503. */
const RETRY_AFTER = "5";
/**
 * How long a version of the ring counts as the latest, in milliseconds: long enough to pass over a million data keys that
 * are sealed under it already, and short enough that who rotates the ring and then rewraps is not passed over, too.
 */
const VERSION_HOLDS = 1_000;

/** HashiCorp Vault as KMS: transit for data keys, AppRole for ourselves. */
export class VaultKms implements Kms {
  readonly keyId: string;
  readonly #options: VaultOptions;
  readonly #connection: Connection;
  readonly #transit: Transit;
  readonly #session: Session;
  readonly #clock: Clock;
  #latest = { version: 0, asOf: -Infinity };
  #probe: Promise<KmsStatus> | undefined;

  /** @param told hears of a log-in that fails, and that works again */
  constructor(options: VaultOptions, told: (event: TokenEvent) => void, world: VaultWorld = {}) {
    const { clock = systemClock, connection = connect(options) } = world;
    const { appRole, keyName, transitMount, timeout } = options;
    this.keyId = keyName;
    this.#options = options;
    this.#clock = clock;
    this.#connection = connection;
    this.#transit = new Transit(connection, transitMount);
    this.#session = new Session(
      { login: () => login(connection, appRole), renew: (token) => renew(connection, token) },
      clock,
      timeout,
      told,
    );
  }

  async generateDataKey(context: KmsContext): Promise<DataKey> {
    const { keyId } = this;
    const made = await this.#ask((token) => this.#transit.dataKey(token, keyId, context));
    return { keyId, plaintext: made.plaintext, sealed: this.#sealedNow(made.ciphertext) };
  }

  openDataKey(keyId: string, sealed: Uint8Array, context: KmsContext): Promise<Secret> {
    const ciphertext = Buffer.from(sealed).toString();
    return this.#ask((token) => this.#transit.decrypt(token, keyId, ciphertext, context));
  }

  /**
   * Seals a data key that was not made here. Takes the right to `encrypt`, which nothing else needs.
   * @throws S3Error as `openDataKey`
   */
  async sealDataKey(key: Secret, context: KmsContext): Promise<RewrappedKey> {
    const { keyId } = this;
    const ciphertext = await this.#ask((token) => this.#transit.encrypt(token, keyId, key, context));
    return { keyId, sealed: this.#sealedNow(ciphertext) };
  }

  async rewrapDataKey(keyId: string, sealed: Uint8Array, context: KmsContext) {
    if (keyId !== this.keyId) {
      return await this.sealDataKey(await this.openDataKey(keyId, sealed, context), context);
    }
    const version = ciphertextVersion(sealed);
    if (version !== undefined && version >= await this.#latestVersion()) return undefined;
    const ciphertext = Buffer.from(sealed).toString();
    const renewed = await this.#ask((token) => this.#transit.rewrap(token, keyId, ciphertext, context));
    return { keyId, sealed: this.#sealedNow(renewed) };
  }

  check(): AsyncIterable<Step> {
    return checkVault({
      options: this.#options,
      connection: this.#connection,
      transit: this.#transit,
      logIn: () => this.#session.logIn(),
    });
  }

  /** After a while without a success, makes a data key to find out: so whoever asks notices the recovery, too. */
  async status(): Promise<KmsStatus> {
    if (this.#session.isHealthy) return this.#statusWith(undefined);
    this.#probe ??= this.generateDataKey(CHECK_CONTEXT).then(
      () => this.#statusWith(undefined),
      (thrown) => this.#statusWith(thrown instanceof S3Error ? thrown.cause : thrown),
    ).finally(() => {
      this.#probe = undefined;
    });
    return await this.#probe;
  }

  async close(): Promise<void> {
    this.#session.close();
    this.#connection.close();
  }

  #statusWith(fault: unknown): KmsStatus {
    const known = { kind: "vault", keyId: this.keyId };
    if (fault === undefined) return { ...known, online: true };
    return { ...known, online: false, fault: fault instanceof Error ? fault.message : String(fault) };
  }

  /** Whatever Vault seals now shows the version that it seals under. */
  #sealedNow(ciphertext: string): Uint8Array {
    const sealed = Buffer.from(ciphertext);
    this.#latest = { version: ciphertextVersion(sealed) ?? 0, asOf: this.#clock.now() };
    return sealed;
  }

  async #latestVersion(): Promise<number> {
    if (this.#clock.now() - this.#latest.asOf > VERSION_HOLDS) await this.generateDataKey(CHECK_CONTEXT);
    return this.#latest.version;
  }

  async #ask<T>(work: (token: Secret) => Promise<T>): Promise<T> {
    try {
      return await this.#session.run(work);
    } catch (thrown) {
      throw clientError(thrown);
    }
  }
}

/** What the client of a request is told: to come back, or that its object cannot be opened. */
function clientError(thrown: unknown): unknown {
  if (!(thrown instanceof VaultFault)) return thrown;
  if (thrown.kind === "refused") return new S3Error("InternalError", { cause: thrown });
  return new S3Error("ServiceUnavailable", { cause: thrown, headers: { "Retry-After": RETRY_AFTER } });
}
