import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { describe, expect, test } from "bun:test";
import { createAuthenticator } from "../../../src/auth/authenticate.ts";
import { drain, failure, type FakeRequest, fakeRequest } from "../fake-request.ts";
import { signHeaders } from "../sign.ts";
import { authenticate, BASE } from "../signed.ts";

const HELLO = Buffer.from("hello, world");
const hash = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();

/** An upload of `HELLO` in two pieces. */
function upload(headers: Readonly<Record<string, string>>, fake: Partial<FakeRequest> = {}) {
  const body = [HELLO.subarray(0, 3), HELLO.subarray(3)];
  return fakeRequest({ method: "PUT", target: BASE.path, headers, body, ...fake });
}

function signedUpload(sha256: string, length = HELLO.length) {
  const headers = { ...BASE.headers, "x-amz-content-sha256": sha256, "content-length": String(length) };
  return upload(signHeaders({ ...BASE, method: "PUT", headers }));
}

const anonymous = (headers: Readonly<Record<string, string>> = {}, fake: Partial<FakeRequest> = {}) =>
  upload({ host: "h", "content-length": "12", ...headers }, fake);

describe("a body with its SHA-256 in the header", () => {
  test("verifies, and shares the hash with whoever wants it", async () => {
    const { payload } = authenticate(signedUpload(hash(HELLO).toString("hex")).request);
    expect(payload.length).toBe(12);
    const { bytes, digests } = await drain(payload, ["sha256", "md5"]);
    expect(bytes.equals(HELLO)).toBe(true);
    expect(Buffer.from(digests.get("sha256") ?? []).equals(hash(HELLO))).toBe(true);
    expect([...digests.keys()].sort()).toEqual(["md5", "sha256"]);
  });

  test("gives no more digests than were asked for", async () => {
    const { payload } = authenticate(signedUpload(hash(HELLO).toString("hex")).request);
    expect([...(await drain(payload, ["md5"])).digests.keys()]).toEqual(["md5"]);
  });

  test("is refused when it is another body", async () => {
    const told = hash(Buffer.from("hello, World")).toString("hex");
    const error = await failure(() => drain(authenticate(signedUpload(told).request).payload));
    expect(error.code).toBe("XAmzContentSHA256Mismatch");
    expect(error.fields).toEqual({
      ClientComputedContentSHA256: told,
      S3ComputedContentSHA256: hash(HELLO).toString("hex"),
    });
  });

  test("keeps the same promise to the anonymous", async () => {
    const wrong = anonymous({ "x-amz-content-sha256": "0".repeat(64) }).request;
    expect((await failure(() => drain(authenticate(wrong).payload))).code).toBe("XAmzContentSHA256Mismatch");
  });

  test.each(["", "UNSIGNED", "E3".repeat(32), "0".repeat(63), "0".repeat(65)])(
    "cannot be %p",
    async (declared) => {
      expect((await failure(() => authenticate(signedUpload(declared).request))).code).toBe(
        "InvalidArgument",
      );
    },
  );
});

describe("a plain body", () => {
  test("passes, and the client is told to go on once, at the first pull", async () => {
    const { request, continues } = anonymous();
    const body = authenticate(request).payload.open([]);
    expect(continues()).toBe(0);
    const iterator = body[Symbol.asyncIterator]();
    expect(continues()).toBe(0);
    const first = await iterator.next();
    expect(Buffer.from(first.value ?? []).toString()).toBe("hel");
    while ((await iterator.next()).done !== true);
    expect(continues()).toBe(1);
  });

  test("has no length when none was declared", () => {
    const { request } = upload({ host: "h" });
    expect(authenticate(request).payload.length).toBeUndefined();
  });

  test("is refused when it is shorter than declared", async () => {
    const { request } = anonymous({ "content-length": "13" });
    expect((await failure(() => drain(authenticate(request).payload))).code).toBe("IncompleteBody");
  });

  test("is refused when the client goes away within it", async () => {
    const { request, wire } = fakeRequest({
      method: "PUT",
      target: "/b/k",
      headers: { host: "h", "content-length": "12" },
    });
    wire.write("hel");
    const reading = failure(() => drain(authenticate(request).payload));
    setTimeout(() => wire.destroy(), 5);
    expect((await reading).code).toBe("IncompleteBody");
  });

  test("is refused when the connection breaks within it", async () => {
    const { request, wire } = anonymous({}, { body: [] });
    const reading = failure(() => drain(authenticate(request).payload));
    wire.destroy(new Error("ECONNRESET"));
    expect((await reading).code).toBe("IncompleteBody");
  });

  test("is refused when the client had gone before anyone looked", async () => {
    const { request, wire } = fakeRequest({
      method: "PUT",
      target: "/b/k",
      headers: { host: "h", "content-length": "12" },
    });
    wire.destroy();
    await new Promise((resolve) => wire.once("close", resolve));
    expect((await failure(() => drain(authenticate(request).payload))).code).toBe("IncompleteBody");
  });

  test("is refused when the client falls silent within it", async () => {
    const credentials = { lookup: () => undefined };
    const impatient = createAuthenticator({
      credentials,
      region: "eu-west-1",
      uploadPace: { silence: 20, rate: 0 },
    });
    const { request, wire } = fakeRequest({
      method: "PUT",
      target: "/b/k",
      headers: { host: "h", "content-length": "12" },
    });
    wire.write("hel");
    expect((await failure(() => drain(impatient(request).payload))).code).toBe("RequestTimeout");
  });

  test("waits for a slow reader without reading on", async () => {
    const { request, wire } = fakeRequest({ method: "PUT", target: "/b/k", headers: { host: "h" } });
    const iterator = authenticate(request).payload.open([])[Symbol.asyncIterator]();
    const piece = Buffer.alloc(wire.writableHighWaterMark);
    wire.write(piece);
    await iterator.next();
    let refused = 0;
    for (let i = 0; i < 20; i++) {
      if (!wire.write(piece)) refused++;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(refused).toBeGreaterThan(10);
    await iterator.return?.(undefined);
  });

  test("given up by its reader leaves the connection alone", async () => {
    const { request, wire } = fakeRequest({ method: "PUT", target: "/b/k", headers: { host: "h" } });
    wire.write("hel");
    for await (const chunk of authenticate(request).payload.open([])) {
      expect(chunk.length).toBe(3);
      break;
    }
    expect(wire.destroyed).toBe(false);
    expect(wire.listenerCount("data")).toBe(0);
  });

  test("has no digests before it has ended", async () => {
    const body = authenticate(anonymous().request).payload.open(["md5"]);
    expect((await failure(() => body.digests())).code).toBe("InternalError");
  });
});
