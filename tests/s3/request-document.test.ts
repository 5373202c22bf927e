import { afterAll, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { readDocument } from "../../src/s3/request-document.ts";
import { type CallSketch, makeCall } from "./call.ts";
import { failure } from "./failure.ts";
import { temporaryStore } from "./temporary-store.ts";

const BODY = "<Delete/>";
const md5 = (text: string) => createHash("md5").update(text).digest("base64");
const sha256 = (text: string) => createHash("sha256").update(text).digest("base64");
const bytes = (text: string) => new TextEncoder().encode(text);

const { store, remove } = await temporaryStore();
afterAll(remove);

describe("A request document", () => {
  const read = (sketch: Partial<CallSketch>, maximum = 100) => readDocument(call(sketch), maximum);

  test("is read whole, in one chunk or many", async () => {
    expect(await read({ body: BODY })).toEqual(Buffer.from(BODY));
    expect(await read({ body: [bytes("<Del"), bytes("ete/>")] })).toEqual(Buffer.from(BODY));
  });

  test("is empty where there is no body", async () => {
    expect(await read({})).toHaveLength(0);
    expect(await read({ body: [] })).toHaveLength(0);
  });

  test("may be as long as the maximum and no longer, declared or not", async () => {
    const code = async (sketch: Partial<CallSketch>) => (await failure(() => read(sketch, 9))).code;
    expect(await read({ body: BODY }, 9)).toHaveLength(9);
    expect(await code({ body: `${BODY} ` })).toBe("MaxMessageLengthExceeded");
    expect(await code({ body: [bytes(BODY), bytes(" ")] })).toBe("MaxMessageLengthExceeded");
  });

  test("is not read further than the maximum", async () => {
    let pulled = 0;
    const endless = (async function* () {
      for (;;) {
        pulled++;
        yield new Uint8Array(10);
      }
    })();
    expect((await failure(() => read({ body: endless }))).code).toBe("MaxMessageLengthExceeded");
    expect(pulled).toBe(11);
  });

  test("must have its declared length", async () => {
    const error = await failure(() => read({ body: [bytes(BODY)], length: 10 }));
    expect(error.code).toBe("IncompleteBody");
  });

  test("must match its Content-MD5, which must be one", async () => {
    const send = (value: string) => read({ body: BODY, headers: { "Content-MD5": value } });
    expect(await send(md5(BODY))).toHaveLength(9);
    expect((await failure(() => send(md5("other")))).code).toBe("BadDigest");
    for (const value of ["", "AAAA", "not base64!", md5(BODY).replace("==", "")]) {
      expect((await failure(() => send(value))).code).toBe("InvalidDigest");
    }
  });

  test("must match its checksum, in a header or trailing", async () => {
    const name = "x-amz-checksum-sha256";
    expect(await read({ body: BODY, headers: { [name]: sha256(BODY) } })).toHaveLength(9);
    expect(await read({ body: BODY, trailers: { [name]: sha256(BODY) } })).toHaveLength(9);
    const wrong = sha256("other");
    expect((await failure(() => read({ body: BODY, headers: { [name]: wrong } }))).code).toBe("BadDigest");
    expect((await failure(() => read({ body: BODY, trailers: { [name]: wrong } }))).code).toBe("BadDigest");
    expect((await failure(() => read({ body: BODY, headers: { [name]: "x" } }))).code).toBe("InvalidRequest");
  });

  test("may come with a checksum that is not its own but of the object", async () => {
    const headers = { "x-amz-checksum-sha256": sha256("the object"), "Content-MD5": md5(BODY) };
    const sent = call({ body: BODY, headers });
    expect(await readDocument(sent, 100, { checksumIsOfObject: true })).toHaveLength(9);
    const tampered = call({ body: `${BODY}\n`, headers });
    const error = await failure(() => readDocument(tampered, 100, { checksumIsOfObject: true }));
    expect(error.code).toBe("BadDigest");
  });
});

function call(sketch: Partial<CallSketch>) {
  return makeCall({ store, method: "POST", target: "/bucket?delete", ...sketch });
}
