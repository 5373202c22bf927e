import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { createWriteStream, rmSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { type Aead, type AeadKey, AES_256_GCM, KEY_SIZE, NONCE_SIZE } from "../../src/crypto/aead.ts";
import { nativeAead } from "../../src/crypto/aead-native.ts";
import { webCryptoAead } from "../../src/crypto/aead-webcrypto.ts";
import { PAYLOAD_SIZE } from "../../src/crypto/dare.ts";
import { Secret } from "../../src/crypto/secret.ts";

export const PROVIDERS: readonly Aead[] = [webCryptoAead, nativeAead];

const SIZE = 2 ** 26;
// One nonce for all: nothing is kept secret here.
const NONCE = new Uint8Array(NONCE_SIZE);
const ADDITIONAL = new Uint8Array(4);

/** Hashes what is put, seals it as it comes in pieces of at most 64 KiB, and makes it durable in a file. */
export async function keepSealed(
  path: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  aead: Aead,
): Promise<void> {
  const key = newKey(aead);
  const md5 = createHash("md5");
  const sealed = async function* (chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      md5.update(chunk);
      const payloads = cut(chunk).map((payload) => key.seal(NONCE, ADDITIONAL, payload));
      yield Buffer.concat((await Promise.all(payloads)).flat());
    }
  };
  await pipeline(incoming, sealed, createWriteStream(path, { highWaterMark: 2 ** 20, flush: true }));
  rmSync(path);
  outgoing.writeHead(200, { "Content-Length": 0, "ETag": md5.digest("hex") }).end();
}

/** Opens the same sealed 64 KiB again and again, as many at a time as the provider is good at, and sends them. */
export async function sendOpened(outgoing: ServerResponse, aead: Aead): Promise<void> {
  const key = newKey(aead);
  const sealed = Buffer.concat(await key.seal(NONCE, ADDITIONAL, new Uint8Array(PAYLOAD_SIZE)));
  outgoing.writeHead(200, { "Content-Length": SIZE });
  for (let sent = 0; sent < SIZE; sent += aead.inFlight * PAYLOAD_SIZE) {
    const opening = Array.from({ length: aead.inFlight }, () => key.open(NONCE, ADDITIONAL, sealed));
    const flowing = (await Promise.all(opening)).map((payload) => outgoing.write(payload));
    if (flowing.includes(false)) await new Promise((resolve) => outgoing.once("drain", resolve));
  }
  outgoing.end();
}

function newKey(aead: Aead): AeadKey {
  return aead.key(new Secret(new Uint8Array(KEY_SIZE)), AES_256_GCM);
}

function cut(chunk: Uint8Array): Uint8Array[] {
  const count = Math.ceil(chunk.length / PAYLOAD_SIZE);
  return Array.from({ length: count }, (_, i) => chunk.subarray(i * PAYLOAD_SIZE, (i + 1) * PAYLOAD_SIZE));
}
