import { Buffer } from "node:buffer";
import type { Clock } from "../../../src/kms/vault/clock.ts";
import type { Connection, VaultCall } from "../../../src/kms/vault/connection.ts";
import { VaultFault } from "../../../src/kms/vault/fault.ts";
import { refusal } from "../../../src/kms/vault/refusal.ts";
import type { VaultDouble } from "./vault-double.ts";

/** Speaks with the double without a network, in the time of a clock. */
export class DirectConnection implements Connection {
  readonly #double: VaultDouble;
  readonly #clock: Clock;
  /** While set, nothing gets through. */
  down = false;
  /** How long a call takes, in milliseconds. */
  latency: () => number = () => 0;
  /** Log-ins under way at once, at their highest. */
  mostLogins = 0;
  #logins = 0;

  constructor(double: VaultDouble, clock: Clock) {
    this.#double = double;
    this.#clock = clock;
    double.now = () => clock.now();
  }

  async call(call: VaultCall): Promise<Readonly<Record<string, unknown>>> {
    const logsIn = call.path.endsWith("/login");
    if (logsIn) this.mostLogins = Math.max(this.mostLogins, ++this.#logins);
    try {
      await this.#clock.sleep(this.latency());
      return this.#answer(call);
    } finally {
      if (logsIn) this.#logins--;
    }
  }

  #answer({ path, token, body = {} }: VaultCall): Readonly<Record<string, unknown>> {
    if (this.down) throw new VaultFault("unreachable", "no way to Vault");
    const headers = token === undefined ? {} : {
      "x-vault-token": Buffer.from(token.reveal()).toString(),
    };
    const [status, answer] = this.#double.answer(path, body, headers);
    const text = JSON.stringify(answer);
    if (status < 300) return JSON.parse(text);
    throw refusal({ status, location: undefined, body: Buffer.from(text) }, path);
  }

  close(): void {}
}
