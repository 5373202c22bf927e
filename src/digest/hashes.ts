import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { createCRC32, createCRC64, type IHasher } from "hash-wasm";
import type { DigestName } from "./digest.ts";

/** One digest in the making, synchronous. */
export interface Hash {
  update(bytes: Uint8Array): void;
  /** The finished digest, CRCs big-endian. Ends it. */
  digest(): Uint8Array;
}

/** Begins one digest. */
export function beginHash(name: DigestName): Hash {
  switch (name) {
    case "md5":
    case "sha1":
    case "sha256":
      return createHash(name);
    case "crc32":
      return new Crc32();
    case "crc32c":
      return new WasmCrc(CRC32C);
    case "crc64nvme":
      return new WasmCrc(CRC64NVME);
  }
}

class Crc32 implements Hash {
  #value = 0;

  update(bytes: Uint8Array): void {
    this.#value = crc32(bytes, this.#value);
  }

  digest(): Uint8Array {
    const out = Buffer.alloc(4);
    out.writeUInt32BE(this.#value);
    return out;
  }
}

// Making a WebAssembly instance is asynchronous and costs memory; its running state is 12 bytes. So there is one
// instance for each polynomial (reflected), and every stream puts its own state into it for the length of one call.
const CRC32C = await createCRC32(0x82f63b78);
const CRC64NVME = await createCRC64("9a6c9329ac4bc9b5");

class WasmCrc implements Hash {
  readonly #instance: IHasher;
  #state: Uint8Array;

  constructor(instance: IHasher) {
    this.#instance = instance;
    this.#state = instance.init().save();
  }

  update(bytes: Uint8Array): void {
    this.#state = this.#instance.load(this.#state).update(bytes).save();
  }

  digest(): Uint8Array {
    return this.#instance.load(this.#state).digest("binary");
  }
}
