import { Buffer } from "node:buffer";
import { giveBack } from "../../../crypto/give-back.ts";
import type { SignatureChain } from "./signer.ts";

/** A header behind the body, known only at its end. */
export interface Trailer {
  /** In lower case. */
  readonly name: string;
  /** Called once the whole body has been taken. */
  readonly value: () => string;
}

/** Bytes of the body in one chunk. */
const CHUNK = 256 * 1024;

const SIGNATURE = ";chunk-signature=".length + 64;

/** Base64 digits of every checksum that goes into a trailer, by the name of its header. */
const TRAILER_LENGTHS: Readonly<Record<string, number>> = {
  "x-amz-checksum-crc32": 8,
  "x-amz-checksum-crc32c": 8,
  "x-amz-checksum-crc64nvme": 12,
  "x-amz-checksum-sha1": 28,
  "x-amz-checksum-sha256": 44,
};

/**
 * Bytes that a body has in chunks.
 * @param length of the body itself
 * @param trailer name of the header behind it
 */
export function chunkedLength(length: number, signed: boolean, trailer: string | undefined): number {
  const frame = (size: number) => headLength(size, signed) + size + 2;
  const rest = length % CHUNK;
  let total = Math.floor(length / CHUNK) * frame(CHUNK) + (rest === 0 ? 0 : frame(rest)) +
    headLength(0, signed);
  if (trailer !== undefined) {
    total += trailer.length + 1 + (TRAILER_LENGTHS[trailer] ?? 0) + 2;
    if (signed) total += "x-amz-trailer-signature:".length + 64 + 2;
  }
  return total + 2;
}

/**
 * The body in chunks, each in one piece of memory with its head before it and its end behind it: an HTTP client that is
 * given them one by one copies them together as well, into cold memory.
 * @param body whose chunks are freed as they are copied
 * @param chain `undefined` to sign nothing
 */
export async function* chunked(
  body: AsyncIterable<Uint8Array>,
  trailer: Trailer | undefined,
  chain: SignatureChain | undefined,
): AsyncGenerator<Uint8Array> {
  let frame = new Frame(chain);
  for await (const bytes of body) {
    for (let taken = 0; taken < bytes.length;) {
      taken += frame.take(bytes.subarray(taken));
      if (frame.length < CHUNK) continue;
      yield frame.close();
      frame = new Frame(chain);
    }
    giveBack(bytes);
  }
  if (frame.length > 0) yield frame.close();
  let end = head(new Uint8Array(0), chain);
  if (trailer !== undefined) {
    const line = `${trailer.name}:${trailer.value()}`;
    const signature = chain && `x-amz-trailer-signature:${chain.trailers(`${line}\n`)}\r\n`;
    end += `${line}\r\n${signature ?? ""}`;
  }
  yield Buffer.from(`${end}\r\n`, "latin1");
}

function headLength(size: number, signed: boolean): number {
  return size.toString(16).length + (signed ? SIGNATURE : 0) + 2;
}

function head(chunk: Uint8Array, chain: SignatureChain | undefined): string {
  const signature = chain === undefined ? "" : `;chunk-signature=${chain.chunk(chunk)}`;
  return `${chunk.length.toString(16)}${signature}\r\n`;
}

/** One chunk in the making. */
class Frame {
  readonly #chain: SignatureChain | undefined;
  /** Where the bytes of the body begin: behind the head of a full chunk. */
  readonly #begin: number;
  readonly #memory: Buffer;
  #length = 0;

  constructor(chain: SignatureChain | undefined) {
    this.#chain = chain;
    this.#begin = headLength(CHUNK, chain !== undefined);
    this.#memory = Buffer.allocUnsafeSlow(this.#begin + CHUNK + 2);
  }

  /** Bytes of the body that it has, at most `CHUNK`. */
  get length(): number {
    return this.#length;
  }

  /** Copies as many bytes as there is room for, and returns their number. */
  take(bytes: Uint8Array): number {
    const taken = bytes.subarray(0, CHUNK - this.#length);
    this.#memory.set(taken, this.#begin + this.#length);
    this.#length += taken.length;
    return taken.length;
  }

  /** The whole chunk as it goes over the wire. */
  close(): Uint8Array {
    const end = this.#begin + this.#length;
    const before = head(this.#memory.subarray(this.#begin, end), this.#chain);
    const start = this.#begin - before.length;
    this.#memory.write(before, start, "latin1");
    this.#memory.write("\r\n", end, "latin1");
    return this.#memory.subarray(start, end + 2);
  }
}
