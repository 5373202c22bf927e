import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { nativeAead } from "../../src/crypto/aead-native.ts";
import { webCryptoAead } from "../../src/crypto/aead-webcrypto.ts";
import { Secret } from "../../src/crypto/secret.ts";
import vectors from "./vectors/crypto-vectors.json" with { type: "json" };

export { vectors };

export const PROVIDERS = [webCryptoAead, nativeAead];

/** The plaintext rule of the vectors: `byte[i] = (i*31 + 7 + seed) % 251`. */
export function plaintext(length: number, seed: number): Uint8Array {
  return new Uint8Array(length).map((_, i) => (i * 31 + 7 + seed) % 251);
}

export function bytes(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, "hex"));
}

export function secret(hex: string): Secret {
  return new Secret(bytes(hex));
}

export function hex(data: Uint8Array | Secret): string {
  return Buffer.from(data instanceof Secret ? data.reveal() : data).toString("hex");
}

export function sha256(data: Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

/** A source that yields the bytes in chunks of `step`. */
export async function* chunks(data: Uint8Array, step: number): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < data.length; at += step) yield data.subarray(at, at + step);
}

/** Everything a source yields, in one array. */
export async function collect(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(Buffer.concat(await Array.fromAsync(source)));
}

/** What a source yields before it ends or fails, and how it failed. */
export async function drain(
  source: AsyncIterable<Uint8Array>,
): Promise<{ released: Uint8Array; error: unknown }> {
  const released: Uint8Array[] = [];
  try {
    for await (const chunk of source) released.push(chunk);
  } catch (error) {
    return { released: Buffer.concat(released), error };
  }
  return { released: Buffer.concat(released), error: undefined };
}
