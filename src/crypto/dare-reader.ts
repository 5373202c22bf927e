import type { Aead, AeadKey } from "./aead.ts";
import type { NativeAead } from "./aead-native.ts";
import { ByteQueue } from "./byte-queue.ts";
import { type DareVersion, HEADER_SIZE, OVERHEAD } from "./dare.ts";
import { type PackageHeader, PackageOrder } from "./dare-order.ts";
import type { Span } from "./dare-span.ts";
import { TamperedError } from "./errors.ts";
import { type Cut, inOrder, type Pieces } from "./in-order.ts";
import type { Secret } from "./secret.ts";

const BOTH: readonly DareVersion[] = [0x10, 0x20];

interface SealedPackage extends Cut {
  readonly header: PackageHeader;
  /** Ciphertext and tag. */
  readonly sealed: Uint8Array;
}

/**
 * Opens the packages of a span, DARE 1.0 or 2.0, and yields the plaintext that the span takes, in chunks of about the
 * size of those of the source. A byte is yielded only after its package was authenticated, and the iteration ends
 * normally only after exactly `span.take` bytes.
 * @param source the stored bytes of the span, chunks of any size that stay unchanged
 * @param spent hears of every chunk of the source, and of every copy of its bytes, that is not needed any more
 * @throws TamperedError for anything changed, missing, added or out of order; UnsupportedError
 */
export function openDare(
  aead: Aead,
  key: Secret,
  source: AsyncIterable<Uint8Array>,
  span: Span,
  spent?: (chunk: Uint8Array) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  let cipher: AeadKey | undefined;
  let skip = span.skip;
  let left = span.take;
  const open = ({ header, sealed }: SealedPackage): Pieces | Promise<Pieces> => {
    cipher ??= aead.key(key, header.cipher);
    const start = skip;
    const end = Math.min(header.length, start + left);
    skip = 0;
    left -= end - start;
    const taken = (payload: Uint8Array) => [payload.subarray(start, end)];
    const payload = cipher.open(header.nonce, header.additional, sealed);
    return payload instanceof Promise ? payload.then(taken) : taken(payload);
  };
  return inOrder(packages(source, span), open, { inFlight: aead.inFlight, spent });
}

/**
 * Checks that the stored bytes of a span are packages, complete and in their place, without the key that would prove what
 * is in them.
 * @throws TamperedError, UnsupportedError
 */
export async function checkDare(source: AsyncIterable<Uint8Array>, span: Span): Promise<void> {
  const cut = packages(source, span);
  while (!(await cut.next()).done);
}

/**
 * Opens a stream of at most 64 KiB of plaintext at once. Answers at once where the provider does.
 * @param versions versions of DARE to accept
 * @throws TamperedError, UnsupportedError; or rejects with them
 */
export function openSmall(
  aead: NativeAead,
  key: Secret,
  stored: Uint8Array,
  versions?: readonly DareVersion[],
): Uint8Array;
export function openSmall(
  aead: Aead,
  key: Secret,
  stored: Uint8Array,
  versions?: readonly DareVersion[],
): Uint8Array | Promise<Uint8Array>;
export function openSmall(
  aead: Aead,
  key: Secret,
  stored: Uint8Array,
  versions: readonly DareVersion[] = BOTH,
): Uint8Array | Promise<Uint8Array> {
  if (stored.length === 0) return stored;
  if (stored.length <= OVERHEAD) throw new TamperedError("a package is cut short");
  const order = new PackageOrder(0, versions);
  const header = order.next(stored.subarray(0, HEADER_SIZE));
  if (stored.length !== header.size) throw new TamperedError("a package has another length");
  order.end(true);
  return aead.key(key, header.cipher).open(header.nonce, header.additional, stored.subarray(HEADER_SIZE));
}

/** Cuts stored bytes into packages that are complete and in their place, but not yet authenticated. */
async function* packages(
  source: AsyncIterable<Uint8Array>,
  span: Span,
): AsyncGenerator<SealedPackage, void, undefined> {
  const queue = new ByteQueue();
  const order = new PackageOrder(span.sequence, BOTH);
  let left = span.plainLength;
  let header: PackageHeader | undefined;
  const take = (header: PackageHeader): SealedPackage => {
    const spent: Uint8Array[] = [];
    return { header, sealed: queue.take(header.size, spent).subarray(HEADER_SIZE), spent };
  };
  for await (const chunk of source) {
    queue.push(chunk);
    while (queue.length >= (header?.size ?? HEADER_SIZE)) {
      if (header === undefined) {
        header = order.next(queue.peek(HEADER_SIZE));
        left -= header.length;
        if (left < 0) throw new TamperedError("more data than was stored");
        // Looked at before the last bytes are given out: whoever has them all need not ask for more.
        if (left === 0) order.end(span.toEnd);
      } else if (!header.final) {
        yield take(header);
        header = undefined;
      } else {
        // The last package waits for the end of the source: what is followed by more is not what was written.
        if (queue.length > header.size) throw new TamperedError("data after the last package");
        break;
      }
    }
  }
  if (header?.final && queue.length === header.size) {
    yield take(header);
  } else if (queue.length > 0) throw new TamperedError("a package is cut short");
  if (left > 0) throw new TamperedError("data is missing");
}
