import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { Buffer } from "node:buffer";
import type { Payload } from "../../src/auth/authentication.ts";
import type { DigestName } from "../../src/digest/digest.ts";
import { createDigester } from "../../src/digest/digester.ts";
import { S3Error } from "../../src/errors/s3-error.ts";
import { RequestHeaders } from "../../src/http/headers.ts";
import { type BodyOptions, receiveBody } from "../../src/s3/body.ts";
import type { ChecksumPlan } from "../../src/store/store.ts";
import { type CallSketch, makeCall } from "./call.ts";

const BODY = "hello, body";
const MD5 = createHash("md5").update(BODY).digest();
const SHA256 = createHash("sha256").update(BODY).digest("base64");

function crc32Of(text: string): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(text));
  return bytes.toString("base64");
}

/** A verified payload with real digests of every kind; counts how often it was opened. */
function payloadOf(text: string, trailers: Readonly<Record<string, string>>, length?: number) {
  const opened: (readonly DigestName[])[] = [];
  const payload: Payload = {
    length: length ?? Buffer.byteLength(text),
    announcedTrailers: Object.keys(trailers),
    open(digests) {
      opened.push(digests);
      const digester = createDigester(digests, 0);
      let finished = new Map<DigestName, Uint8Array>();
      return {
        async *[Symbol.asyncIterator]() {
          const bytes = new TextEncoder().encode(text);
          await digester.update(bytes);
          yield bytes;
          finished = new Map(await digester.finish());
        },
        digests: () => finished,
        trailers: () => new Map(Object.entries(trailers)),
      };
    },
  };
  return { payload, opened };
}

interface Sketch {
  readonly headers?: Readonly<Record<string, string>>;
  readonly trailers?: Readonly<Record<string, string>>;
  readonly length?: number;
  readonly options?: Partial<BodyOptions>;
}

/** Receives the body to its end. */
async function receive({ headers = {}, trailers = {}, length, options = {} }: Sketch) {
  const { payload, opened } = payloadOf(BODY, trailers, length);
  const store: CallSketch["store"] = Object.create(null);
  const call = makeCall({ store, method: "PUT", target: "/box/k", headers });
  const received = receiveBody({ ...call, auth: { ...call.auth, payload } }, {
    maximum: 100,
    wantMd5: false,
    ...options,
  });
  expect(opened).toEqual([]);
  const chunks: Uint8Array[] = [];
  for await (const chunk of received.chunks) chunks.push(chunk);
  expect(Buffer.concat(chunks).toString()).toBe(BODY);
  expect(received.size).toBe(BODY.length);
  return { ...received.result(), digests: opened[0] };
}

async function failure(sketch: Sketch): Promise<S3Error> {
  try {
    await receive(sketch);
  } catch (thrown) {
    if (thrown instanceof S3Error) return thrown;
    throw thrown;
  }
  throw new Error("it was expected to fail");
}

test("a body of which nothing is asked computes no digest", async () => {
  const { size, md5, checksum, digests } = await receive({});
  expect({ size, md5, checksum, digests }).toEqual({
    size: BODY.length,
    md5: undefined,
    checksum: undefined,
    digests: [],
  });
});

test("the MD5 is there where it is wanted or sent", async () => {
  expect(Buffer.from((await receive({ options: { wantMd5: true } })).md5 ?? [])).toEqual(MD5);
  const sent = { headers: { "content-md5": MD5.toString("base64") } };
  expect(Buffer.from((await receive(sent)).md5 ?? [])).toEqual(MD5);
});

test("another Content-MD5 is BadDigest, a malformed one InvalidDigest", async () => {
  const other = createHash("md5").update("x").digest("base64");
  expect((await failure({ headers: { "content-md5": other } })).code).toBe("BadDigest");
  for (const value of ["", "x", MD5.toString("hex"), MD5.subarray(1).toString("base64")]) {
    expect((await failure({ headers: { "content-md5": value } })).code).toBe("InvalidDigest");
  }
});

test("headers given in place of the request's own are the ones that count", async () => {
  const own = { headers: { "content-md5": "x" }, options: { headers: new RequestHeaders([]) } };
  expect((await receive(own)).md5).toBeUndefined();
});

test("a body longer than the maximum is EntityTooLarge", async () => {
  const error = await failure({ options: { maximum: BODY.length - 1 } });
  expect(error.code).toBe("EntityTooLarge");
  expect(error.fields).toEqual({ ProposedSize: "11", MaxSizeAllowed: "10" });
  expect((await receive({ options: { maximum: BODY.length } })).size).toBe(BODY.length);
});

test("a body of unknown length is MissingContentLength", () => {
  const store: CallSketch["store"] = Object.create(null);
  const call = makeCall({ store, target: "/box/k", body: [] });
  expect(() => receiveBody(call, { maximum: 1, wantMd5: false })).toThrow("Content-Length");
});

test("a body of another length than declared is IncompleteBody", async () => {
  expect((await failure({ length: BODY.length + 1 })).code).toBe("IncompleteBody");
});

test("a checksum header is verified and told", async () => {
  const { checksum, digests } = await receive({ headers: { "x-amz-checksum-crc32": crc32Of(BODY) } });
  expect(checksum).toEqual({ algorithm: "CRC32", value: crc32Of(BODY) });
  expect(digests).toEqual(["crc32"]);
});

test("a checksum header that does not match is BadDigest, a malformed one InvalidRequest", async () => {
  const error = await failure({ headers: { "x-amz-checksum-crc32": crc32Of("other") } });
  expect(error.code).toBe("BadDigest");
  expect(error.message).toBe("The CRC32 you specified did not match the calculated checksum.");
  const malformed = await failure({ headers: { "x-amz-checksum-crc32": "AAAA" } });
  expect(malformed.code).toBe("InvalidRequest");
  expect(malformed.message).toBe("Value for x-amz-checksum-crc32 header is invalid.");
});

test("a checksum in a trailer is verified and told", async () => {
  const { checksum } = await receive({ trailers: { "x-amz-checksum-sha256": SHA256 } });
  expect(checksum).toEqual({ algorithm: "SHA256", value: SHA256 });
  const wrong = createHash("sha256").update("x").digest("base64");
  expect((await failure({ trailers: { "x-amz-checksum-sha256": wrong } })).code).toBe("BadDigest");
  const malformed = await failure({ trailers: { "x-amz-checksum-sha256": "nonsense" } });
  expect(malformed.message).toBe("Value for x-amz-checksum-sha256 trailing header is invalid.");
});

test("the checksum of the upload is computed when the client sends none", async () => {
  const checksum: ChecksumPlan = { algorithm: "SHA256", type: "COMPOSITE" };
  expect((await receive({ options: { checksum } })).checksum).toEqual({ algorithm: "SHA256", value: SHA256 });
});

test("a checksum of another algorithm than the upload's is refused", async () => {
  const checksum: ChecksumPlan = { algorithm: "SHA256", type: "COMPOSITE" };
  const error = await failure({
    headers: { "x-amz-checksum-crc32": crc32Of(BODY) },
    options: { checksum },
  });
  expect(error.code).toBe("InvalidRequest");
  expect(error.message).toBe(
    "Checksum Type mismatch occurred, expected checksum Type: sha256, actual checksum Type: crc32",
  );
});

test("the result is not there before the body has ended", () => {
  const { payload } = payloadOf(BODY, {});
  const store: CallSketch["store"] = Object.create(null);
  const call = makeCall({ store, target: "/box/k" });
  const received = receiveBody({ ...call, auth: { ...call.auth, payload } }, {
    maximum: 100,
    wantMd5: false,
  });
  expect(() => received.result()).toThrow();
});
