import { Buffer } from "node:buffer";
import { canonicalContext, type Context } from "../../crypto/context.ts";
import type { Secret } from "../../crypto/secret.ts";
import { keyIn, objectIn, textIn } from "./answer.ts";
import type { Connection } from "./connection.ts";

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
    const data = await this.#put(token, `datakey/plaintext/${segment(ring)}`, { context: encoded(context) });
    return { plaintext: keyIn(data, "plaintext"), ciphertext: textIn(data, "ciphertext") };
  }

  /** Opens a data key. */
  async decrypt(token: Secret, ring: string, ciphertext: string, context: Context): Promise<Secret> {
    const body = { ciphertext, context: encoded(context) };
    return keyIn(await this.#put(token, `decrypt/${segment(ring)}`, body), "plaintext");
  }

  /** Seals a data key anew under the latest version of its ring, without opening it here. */
  async rewrap(token: Secret, ring: string, ciphertext: string, context: Context): Promise<string> {
    const body = { ciphertext, context: encoded(context) };
    return textIn(await this.#put(token, `rewrap/${segment(ring)}`, body), "ciphertext");
  }

  async #put(token: Secret, path: string, body: Readonly<Record<string, string>>) {
    const answer = await this.#connection.call({
      method: "PUT",
      path: `${this.#mount}/${path}`,
      token,
      body,
    });
    return objectIn(answer, "data");
  }
}

function encoded(context: Context): string {
  return Buffer.from(canonicalContext(context)).toString("base64");
}

/** A key name as one element of a path, whatever an object's metadata says it is. */
function segment(ring: string): string {
  return encodeURIComponent(ring).replaceAll(".", "%2E");
}
