/** One kind of CRC. Polynomials are reflected: the highest bit stands for x^0. */
export interface Crc {
  readonly width: 32 | 64;
  /** P without its leading term. */
  readonly polynomial: Polynomial;
}

/** Coefficients in two unsigned 32-bit halves; a CRC of 32 bits has `high` 0. */
interface Polynomial {
  readonly high: number;
  readonly low: number;
}

export const CRC32: Crc = { width: 32, polynomial: { high: 0, low: 0xedb88320 } };
export const CRC32C: Crc = { width: 32, polynomial: { high: 0, low: 0x82f63b78 } };
export const CRC64NVME: Crc = { width: 64, polynomial: { high: 0x9a6c9329, low: 0xac4bc9b5 } };

/**
 * CRC of all pieces together, without their bytes.
 *
 * A CRC is a polynomial over GF(2) modulo P: appending n bytes to a message multiplies its CRC by x^(8n), then the CRC of
 * the appended piece is added (XOR). Start value and final XOR cancel out.
 * @param pieces in their order, each with its CRC (big-endian, 4 or 8 bytes) and its size in bytes
 * @returns as long as those of the pieces, big-endian; zeros for no pieces
 */
export function combineCrcs(
  crc: Crc,
  pieces: Iterable<{ readonly value: Uint8Array; readonly size: number }>,
): Uint8Array {
  const shifts = new Shifts(crc);
  let sum: Polynomial = { high: 0, low: 0 };
  for (const { value, size } of pieces) sum = add(multiply(crc, sum, shifts.by(size)), fromBytes(value));
  return toBytes(crc, sum);
}

/** Powers x^(8 * size). The parts of an upload share few sizes, so each is worked out once. */
class Shifts {
  readonly #crc: Crc;
  readonly #known = new Map<number, Polynomial>();
  /** x^(8 * 2^k) at index k. */
  readonly #squares: Polynomial[];

  constructor(crc: Crc) {
    this.#crc = crc;
    this.#squares = [power(crc, 8)];
  }

  by(size: number): Polynomial {
    let product = this.#known.get(size);
    if (product !== undefined) return product;
    product = power(this.#crc, 0);
    let rest = size;
    for (let k = 0; rest > 0; k++) {
      if (rest % 2 === 1) product = multiply(this.#crc, product, this.#square(k));
      rest = Math.floor(rest / 2);
    }
    this.#known.set(size, product);
    return product;
  }

  #square(k: number): Polynomial {
    const known = this.#squares[k];
    if (known !== undefined) return known;
    const root = this.#square(k - 1);
    return this.#squares[k] = multiply(this.#crc, root, root);
  }
}

/** x^exponent for an exponent below 32. */
function power(crc: Crc, exponent: number): Polynomial {
  const half = (1 << (31 - exponent)) >>> 0;
  return crc.width === 64 ? { high: half, low: 0 } : { high: 0, low: half };
}

function add(a: Polynomial, b: Polynomial): Polynomial {
  return { high: (a.high ^ b.high) >>> 0, low: (a.low ^ b.low) >>> 0 };
}

/** a * b modulo P: b times x^0, x^1 ... summed over the coefficients of a. */
function multiply(crc: Crc, a: Polynomial, b: Polynomial): Polynomial {
  let high = 0;
  let low = 0;
  let { high: termHigh, low: termLow } = b;
  for (const coefficients of crc.width === 64 ? [a.high, a.low] : [a.low]) {
    for (let bit = 31; bit >= 0; bit--) {
      if ((coefficients >>> bit) & 1) {
        high ^= termHigh;
        low ^= termLow;
      }
      const overflow = termLow & 1;
      termLow = (termLow >>> 1) | (termHigh << 31);
      termHigh >>>= 1;
      if (overflow) {
        termHigh ^= crc.polynomial.high;
        termLow ^= crc.polynomial.low;
      }
    }
  }
  return { high: high >>> 0, low: low >>> 0 };
}

function fromBytes(bytes: Uint8Array): Polynomial {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return bytes.length === 8
    ? { high: view.getUint32(0), low: view.getUint32(4) }
    : { high: 0, low: view.getUint32(0) };
}

function toBytes(crc: Crc, { high, low }: Polynomial): Uint8Array {
  const view = new DataView(new ArrayBuffer(8));
  view.setUint32(0, high);
  view.setUint32(4, low);
  return new Uint8Array(view.buffer, crc.width === 64 ? 0 : 4);
}
