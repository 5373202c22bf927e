import { Buffer } from "node:buffer";
import { canonicalContext, type Context } from "../../crypto/context.ts";
import type { Secret } from "../../crypto/secret.ts";
import { keyIn, objectIn, textIn } from "./answer.ts";
import type { Connection } from "./connection.ts";
import { VaultFault } from "./fault.ts";

/** A transit secrets engine, by its mount: `transit`. All calls throw VaultFault (minio-formats section 12). */
export class Transit {
  readonly #connection: Connection;
  readonly #mount: string;

  constructor(connection: Connection, mount: string) {
    this.#connection = connection;
    this.#mount = mount;
  }

  /** A fresh data key, in clear and as `vault:vN:...`. */
  async dataKey(
    token: Secret,
    ring: string,
    context: Context,
  ): Promise<{ plaintext: Secret; ciphertext: string }> {
    const data = await this.#put(token, "datakey/plaintext", ring, { context: encoded(context) });
    return { plaintext: keyIn(data, "plaintext"), ciphertext: textIn(data, "ciphertext") };
  }

  /** Opens a data key. */
  async decrypt(token: Secret, ring: string, ciphertext: string, context: Context): Promise<Secret> {
    return keyIn(
      await this.#put(token, "decrypt", ring, { ciphertext, context: encoded(context) }),
      "plaintext",
    );
  }

  /** Seals a data key that we hold. */
  async encrypt(token: Secret, ring: string, key: Secret, context: Context): Promise<string> {
    const plaintext = Buffer.from(key.reveal()).toString("base64");
    return textIn(
      await this.#put(token, "encrypt", ring, { plaintext, context: encoded(context) }),
      "ciphertext",
    );
  }

  /** Seals a data key anew under the latest version of its ring, without opening it here. */
  async rewrap(token: Secret, ring: string, ciphertext: string, context: Context): Promise<string> {
    return textIn(
      await this.#put(token, "rewrap", ring, { ciphertext, context: encoded(context) }),
      "ciphertext",
    );
  }

  async #put(token: Secret, action: string, ring: string, body: Readonly<Record<string, string>>) {
    const path = `${this.#mount}/${action}/${segment(ring)}`;
    return objectIn(await this.#connection.call({ method: "PUT", path, token, body }), "data");
  }
}

function encoded(context: Context): string {
  return Buffer.from(canonicalContext(context)).toString("base64");
}

/**
 * A name as one element of a path. It may come from the metadata of an object, so it must not lead anywhere else.
 * @throws VaultFault refused for one that Vault could not have given to a ring
 */
function segment(ring: string): string {
  if (/^\w([\w.-]*\w)?$/.test(ring)) return ring;
  throw new VaultFault("refused", `${JSON.stringify(ring)} cannot be the name of a key ring in Vault`);
}
