import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { Buffer } from "node:buffer";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { expect, test } from "bun:test";
import { CHACHA20_POLY1305 } from "../../src/crypto/aead.ts";
import { nativeAead } from "../../src/crypto/aead-native.ts";
import { webCryptoAead } from "../../src/crypto/aead-webcrypto.ts";
import { PAYLOAD_SIZE } from "../../src/crypto/dare.ts";
import { openDare } from "../../src/crypto/dare-reader.ts";
import { rangeSpan, wholeSpan } from "../../src/crypto/dare-span.ts";
import { encodeHeader, packageNonce } from "../../src/crypto/dare-v2.ts";
import { UnsupportedError } from "../../src/crypto/errors.ts";
import type { Secret } from "../../src/crypto/secret.ts";
import { chaChaVectors, openChaCha } from "./chacha.ts";
import { chunks, collect, plaintext, secret, sha256 } from "./vectors.ts";

const empty = chaChaVectors.filter((v) => v.plaintext_len === 0).length;
const all = { opened: 2 * chaChaVectors.length, refused: 2 * (chaChaVectors.length - empty) };

test("ChaCha20-Poly1305 is read, and refused when it was changed", async () => {
  expect(await openChaCha()).toEqual(all);
});

test("a stream of several packages under ChaCha20-Poly1305 is read whole and by range", async () => {
  const key = secret("07".repeat(32));
  const plain = plaintext(3 * PAYLOAD_SIZE + 5, 9);
  const stored = sealChaCha(key, plain);
  for (const aead of [nativeAead, webCryptoAead]) {
    const whole = await collect(openDare(aead, key, chunks(stored, 50_000), wholeSpan(plain.length)));
    expect(sha256(whole)).toBe(sha256(plain));
    const span = rangeSpan(plain.length, PAYLOAD_SIZE + 1, PAYLOAD_SIZE);
    const part = stored.subarray(span.storedOffset, span.storedOffset + span.storedLength);
    expect(sha256(await collect(openDare(aead, key, chunks(part, 50_000), span))))
      .toBe(sha256(plain.subarray(PAYLOAD_SIZE + 1, 2 * PAYLOAD_SIZE + 1)));
  }
});

test("nothing is sealed with ChaCha20-Poly1305", () => {
  const cipher = nativeAead.key(secret("07".repeat(32)), CHACHA20_POLY1305);
  expect(() => cipher.seal(new Uint8Array(12), new Uint8Array(4), new Uint8Array(1))).toThrow(
    UnsupportedError,
  );
});

/** What a server without AES instructions would have written. */
function sealChaCha(key: Secret, plain: Uint8Array): Uint8Array {
  const packages: Uint8Array[] = [];
  for (let at = 0, sequence = 0; at < plain.length; at += PAYLOAD_SIZE, sequence++) {
    const payload = plain.subarray(at, at + PAYLOAD_SIZE);
    const header = encodeHeader(
      new Uint8Array(12).fill(5),
      payload.length,
      at + PAYLOAD_SIZE >= plain.length,
    );
    header[1] = CHACHA20_POLY1305;
    const cipher = chacha20poly1305(key.reveal(), packageNonce(header, sequence), header.subarray(0, 4));
    packages.push(header, cipher.encrypt(payload));
  }
  return Buffer.concat(packages);
}

const node = join(dirname(createRequire(import.meta.url).resolve("node/package.json")), "bin/node");

test.skipIf(!existsSync(node))("Node reads ChaCha20-Poly1305", () => {
  const script = `console.log(JSON.stringify(await (await import("./chacha.ts")).openChaCha()))`;
  const output = execFileSync(node, ["--input-type=module", "-e", script], {
    cwd: import.meta.dir,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  expect(JSON.parse(output)).toEqual(all);
});
