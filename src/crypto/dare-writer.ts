import { type Aead, type AeadKey, AES_256_GCM } from "./aead.ts";
import type { NativeAead } from "./aead-native.ts";
import { ByteQueue } from "./byte-queue.ts";
import { additionalData, PAYLOAD_SIZE } from "./dare.ts";
import { encodeHeader, packageNonce, RANDOM_SIZE } from "./dare-v2.ts";
import { type Cut, inOrder, join, type Pieces } from "./in-order.ts";
import { randomBytes } from "./random.ts";
import type { Secret } from "./secret.ts";

interface Payload extends Cut {
  readonly sequence: number;
  readonly bytes: Uint8Array;
  readonly final: boolean;
}

/**
 * Seals a stream as DARE 2.0. An empty stream stays empty. Chunks of the source must not be changed once they were
 * yielded; the result comes in chunks of about their size.
 * @param key used for this one stream only
 * @param spent hears of every chunk of the source, and of every copy of its bytes, that is not needed any more
 * @param random the 12 random bytes of the stream; only test vectors give them
 */
export function sealDare(
  aead: Aead,
  key: Secret,
  source: AsyncIterable<Uint8Array>,
  spent?: (chunk: Uint8Array) => void,
  random: Uint8Array = randomBytes(RANDOM_SIZE),
): AsyncGenerator<Uint8Array, void, undefined> {
  const cipher = aead.key(key, AES_256_GCM);
  const seal = (payload: Payload) => sealPackage(cipher, random, payload);
  return inOrder(payloads(source), seal, { inFlight: aead.inFlight, spent });
}

/**
 * Seals at most 64 KiB at once, without a stream. Answers at once where the provider does.
 * @throws RangeError for more than 65536 bytes
 */
export function sealSmall(aead: NativeAead, key: Secret, plaintext: Uint8Array): Uint8Array;
export function sealSmall(aead: Aead, key: Secret, plaintext: Uint8Array): Uint8Array | Promise<Uint8Array>;
export function sealSmall(aead: Aead, key: Secret, plaintext: Uint8Array): Uint8Array | Promise<Uint8Array> {
  if (plaintext.length > PAYLOAD_SIZE) throw new RangeError("too large for one package");
  if (plaintext.length === 0) return plaintext;
  const cipher = aead.key(key, AES_256_GCM);
  const payload: Payload = { sequence: 0, bytes: plaintext, final: true, spent: [] };
  const sealed = sealPackage(cipher, randomBytes(RANDOM_SIZE), payload);
  return sealed instanceof Promise ? sealed.then(join) : join(sealed);
}

/** Cuts a stream into payloads. The last one is known only when the source has ended, so one byte stays behind. */
async function* payloads(source: AsyncIterable<Uint8Array>): AsyncGenerator<Payload, void, undefined> {
  const queue = new ByteQueue();
  let sequence = 0;
  const take = (size: number, final: boolean): Payload => {
    const spent: Uint8Array[] = [];
    return { sequence: sequence++, bytes: queue.take(size, spent), final, spent };
  };
  for await (const chunk of source) {
    queue.push(chunk);
    while (queue.length > PAYLOAD_SIZE) yield take(PAYLOAD_SIZE, false);
  }
  if (queue.length > 0) yield take(queue.length, true);
}

function sealPackage(cipher: AeadKey, random: Uint8Array, payload: Payload): Pieces | Promise<Pieces> {
  if (payload.sequence > 0xffffffff) throw new RangeError("too large for one DARE stream");
  const header = encodeHeader(random, payload.bytes.length, payload.final);
  const nonce = packageNonce(header, payload.sequence);
  const sealed = cipher.seal(nonce, additionalData(header), payload.bytes);
  return sealed instanceof Promise ? sealed.then((pieces) => [header, ...pieces]) : [header, ...sealed];
}
