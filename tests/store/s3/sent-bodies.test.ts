import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Store } from "../../../src/store/store.ts";
import { attributesOf, bodyOf, bytesOf, readObject } from "../../conformance/fixture.ts";
import { remoteStore, startBackend, type TestBackend } from "./backend.ts";
import { SEALED } from "./put-as.ts";

const bucket = "box";
const CHUNK = 256 * 1024;

describe.each([["http", false], ["https", true]] as const)(
  "a body that is streamed over %s",
  (_name, tls) => {
    let backend: TestBackend;
    let store: Store;
    beforeAll(async () => {
      backend = await startBackend({ tls });
      store = await remoteStore(backend, { encrypts: true });
      await store.createBucket(bucket);
    });
    afterAll(async () => {
      await store.close();
      await backend.close();
    });

    const payloadOf = async (metadata: Readonly<Record<string, string>>) => {
      backend.arrived.length = 0;
      await store.putObject({
        bucket,
        key: "key",
        body: bodyOf(bytesOf(CHUNK + 1)),
        storedSize: CHUNK + 1,
        metadata,
        attributes: () => ({ ...attributesOf(CHUNK + 1), metadata }),
      });
      const body = backend.arrived.find(({ headers }) => Number(headers["content-length"]) > CHUNK);
      return body?.headers["x-amz-content-sha256"];
    };

    test("is signed unless TLS protects it", async () => {
      expect(await payloadOf({})).toBe(tls ? "UNSIGNED-PAYLOAD" : "STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
    });

    test("needs no signature where it is encrypted and proves itself", async () => {
      expect(await payloadOf(SEALED)).toBe("UNSIGNED-PAYLOAD");
    });

    test.each([
      [CHUNK + 1, 100_000],
      [2 * CHUNK - 1, 100_000],
      [2 * CHUNK, CHUNK],
      [2 * CHUNK + 1, 2 * CHUNK + 1],
      [3 * CHUNK + 17, 300_000],
    ])("arrives whole: %i bytes in pieces of %i", async (size, piece) => {
      const bytes = bytesOf(size);
      const pieces = Array.from(
        { length: Math.ceil(size / piece) },
        (_, i) => new Uint8Array(bytes.subarray(i * piece, (i + 1) * piece)),
      );
      await store.putObject({
        bucket,
        key: "whole",
        body: bodyOf(...pieces),
        storedSize: size,
        attributes: () => attributesOf(size),
      });
      expect((await readObject(backend.store, bucket, "whole"))?.equals(bytes)).toBe(true);
    });
  },
);
