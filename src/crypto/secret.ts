import { inspect } from "node:util";

/**
 * Key material or a password held as bytes. Printing, logging or serialising it in any way gives `[redacted]`;
 * the bytes come out through `reveal` alone, so that every use can be found by name.
 */
export class Secret {
  readonly #bytes: Uint8Array;

  /** Keeps its own copy of `bytes`. */
  constructor(bytes: Uint8Array) {
    // Not slice: that of a Buffer shares its memory.
    this.#bytes = new Uint8Array(bytes);
  }

  /** A secret from text, as its UTF-8 bytes. */
  static fromText(text: string): Secret {
    return new Secret(new TextEncoder().encode(text));
  }

  /** The bytes themselves. Do not write to them, do not keep them longer than the call that needs them. */
  reveal(): Uint8Array {
    return this.#bytes;
  }

  /** Length in bytes. */
  get length(): number {
    return this.#bytes.length;
  }

  toString(): string {
    return "[redacted]";
  }

  toJSON(): string {
    return "[redacted]";
  }

  [inspect.custom](): string {
    return "[redacted]";
  }
}
