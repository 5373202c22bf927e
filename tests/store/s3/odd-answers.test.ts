import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { S3Error } from "../../../src/errors/s3-error.ts";
import { Backend } from "../../../src/store/s3/client/backend.ts";
import type { Store } from "../../../src/store/store.ts";
import { attributesOf, bytesOf, expectCode, putPart, readRange } from "../../conformance/fixture.ts";
import { answer, type OddBackend, startOddBackend, startOddGateways } from "./odd-backend.ts";
import { putAs, SEALED } from "./put-as.ts";

const bucket = "box";
const key = "key";
const ETAG = { "ETag": '"some"' };
const NO_KEY = answer(404, {}, "<Error><Code>NoSuchKey</Code></Error>");

let odd: OddBackend;
let plain: Store;
let gateway: Store;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ odd, plain, gateway, close } = await startOddGateways());
});
afterAll(() => close());

const put = (store: Store, size = 3) => putAs(store, { bucket, key }, {}, size);
const readWhole = async (store: Store) => {
  const handle = await store.open(bucket, key, { whole: true });
  if (handle === undefined) return undefined;
  const bytes = await readRange(handle, 0, handle.record.size);
  handle.close();
  return bytes.toString();
};
const complete = (store: Store) =>
  store.completeUpload({
    bucket,
    key,
    uploadId: "some",
    parts: [{ number: 1, revision: "0".repeat(32) }],
    attributes: attributesOf(3),
  });
const list = () => plain.listObjects({ bucket, prefix: "", delimiter: "", after: "", limit: 10 });

describe("an answer of a backend", () => {
  test("without an ETag is an error to whoever reads or writes an object or a part", async () => {
    odd.say = () => answer(200);
    await expectCode(put(plain), "InternalError");
    await expectCode(putPart(plain, { bucket, key, uploadId: "some" }, 1, bytesOf(3)), "InternalError");
    await expectCode(plain.head(bucket, key), "InternalError");
    await expectCode(readWhole(plain), "InternalError");
    odd.say = ({ method }) => method === "GET" ? NO_KEY : answer(200);
    await expectCode(putAs(gateway, { bucket, key }, SEALED, 100), "InternalError");
  });

  test("with an ETag without quotes, names in lower case and no dates is understood", async () => {
    odd.say = ({ method }) => answer(200, { "etag": "some" }, method === "GET" ? "good" : "");
    const before = Date.now();
    const { etag, lastModified } = await put(plain);
    expect(etag).toBe("some");
    expect(lastModified).toBeGreaterThanOrEqual(before);
    expect(await readWhole(plain)).toBe("good");
    odd.say = () => "HTTP/1.1 200 OK\r\netag: some\r\ncontent-length: 4\r\n\r\n";
    expect(await plain.head(bucket, key)).toMatchObject({ etag: "some", size: 4, lastModified: 0 });
  });

  test("that does not tell its length is an error, for nobody would see it cut", async () => {
    odd.say = ({ method }) =>
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nETag: "some"\r\n\r\n${
        method === "GET" ? "4\r\ngood\r\n0\r\n\r\n" : ""
      }`;
    await expectCode(readWhole(plain), "InternalError");
    await expectCode(plain.head(bucket, key), "InternalError");
  });

  test("in chunks is as good a document as any", async () => {
    const document = "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>";
    odd.say = () =>
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${
        document.length.toString(16)
      }\r\n${document}\r\n0\r\n\r\n`;
    expect((await list()).objects).toEqual([]);
  });

  test.each([
    ["garbage", "garbage"],
    ["what looks like an answer", answer(200, ETAG, "evil")],
  ])("to GET or HEAD with %s behind it is no answer to the next request", async (_what, behind) => {
    odd.say = ({ method }) =>
      answer(200, { ...ETAG, "Content-Length": "4" }) + (method === "GET" ? "good" : "") + behind;
    for (let i = 0; i < 3; i++) {
      expect((await plain.head(bucket, key))?.etag).toBe("some");
      expect(await readWhole(plain)).toBe("good");
    }
  });

  test("that breaks off within a document is asked for again by the client, not called an error of ours", async () => {
    odd.say = () => answer(200, { "Content-Length": "1000", "Connection": "close" }, "<Comple");
    await expectCode(complete(plain), "ServiceUnavailable");
    await expectCode(plain.createUpload({ bucket, key, metadata: {} }), "ServiceUnavailable");
    await expectCode(plain.getBucketDocument(bucket, "policy"), "ServiceUnavailable");
  });

  test.each([
    ["longer than any list of 1000 names", `<ListBucketResult>${" ".repeat(9 * 2 ** 20)}</ListBucketResult>`],
    [
      "of more elements than a list can have",
      `<ListBucketResult>${"<a/>".repeat(200_000)}</ListBucketResult>`,
    ],
    ["with entities of its own", '<!DOCTYPE x [<!ENTITY a "a">]><ListBucketResult>&a;</ListBucketResult>'],
    ["of another server", "<html>Welcome!</html>"],
    [
      "with escapes that are none",
      "<ListBucketResult><EncodingType>url</EncodingType><Contents><Key>100%</Key><Size>1</Size><ETag>e</ETag></Contents></ListBucketResult>",
    ],
    ["of nothing", ""],
  ])("with a document %s is an error of the backend, not of the client", async (_what, document) => {
    odd.say = () => answer(200, {}, document);
    await expectCode(list(), "InternalError");
  });
});

describe("an error of a backend", () => {
  const caught = async (promise: Promise<unknown>): Promise<S3Error> => {
    const thrown = await promise.then(() => undefined, (error: unknown) => error);
    if (thrown instanceof S3Error) return thrown;
    throw new Error("there was no error");
  };

  test.each(
    [
      ["SlowDown", 503],
      ["NoSuchUpload", 404],
      ["PreconditionFailed", 412],
      ["SomethingNew", 500],
      ["constructor", 500],
    ] as const,
  )("that comes with status 200 is one: %s", async (code, status) => {
    const document = `\n <?xml version="1.0"?>\n<Error><Code>${code}</Code><Message>why</Message></Error>`;
    odd.say = ({ method }) => method === "POST" ? answer(200, {}, document) : answer(200, ETAG);
    expect(await caught(complete(plain))).toMatchObject({ shownCode: code, status, message: "why" });
    odd.say = ({ method }) =>
      method === "PUT" ? answer(200, {}, document) : answer(200, { ...ETAG, "Content-Length": "4" });
    const change = { bucket, key, revision: "some", attributes: attributesOf(4) };
    expect(await caught(plain.replaceAttributes(change))).toMatchObject({ shownCode: code, status });
  });

  test("that says when to come again tells the client so", async () => {
    odd.say = () =>
      answer(503, { "Retry-After": "7" }, "<Error><Code>SlowDown</Code><Message>Please</Message></Error>");
    for (const size of [3, 300_000]) {
      expect(await caught(put(plain, size))).toMatchObject({
        shownCode: "SlowDown",
        status: 503,
        headers: { "Retry-After": "7" },
      });
    }
  });

  describe("that says that a bucket is in another region", () => {
    const region = { "x-amz-bucket-region": "eu-central-1" };
    const document = (code: string) => `<Error><Code>${code}</Code><Region>eu-central-1</Region></Error>`;

    test.each([
      ["a redirect", 301, "PermanentRedirect"],
      ["a temporary one", 307, "TemporaryRedirect"],
      ["a refusal", 400, "AuthorizationHeaderMalformed"],
    ])("by %s tells which one to set", async (_what, status, code) => {
      odd.say = ({ method }) =>
        answer(
          status,
          { ...region, "Location": "http://127.0.0.1:1/" },
          method === "HEAD" ? "" : document(code),
        );
      for (
        const ask of [
          () => plain.getBucket(bucket),
          () => plain.head(bucket, key),
          () => readWhole(plain),
          () => put(plain),
          () => list(),
          () => plain.deleteObject({ bucket, key }),
        ]
      ) {
        const { code, message } = await caught(ask());
        expect(code).toBe("InternalError");
        expect(message).toContain("set MINIO_REGION to it");
        expect(message).toContain("eu-central-1");
      }
    });
  });

  test.each(
    [
      [204, "InternalError", 500],
      [401, "AccessDenied", 403],
      [404, "InternalError", 500],
      [413, "EntityTooLarge", 400],
      [418, "InvalidRequest", 400],
      [429, "SlowDown", 503],
      [502, "InternalError", 500],
    ] as const,
  )("without a word has the meaning of its status: %i", async (status, code, shown) => {
    for (const page of ["", "<html>error of some proxy</html>"]) {
      odd.say = () => answer(status, {}, status === 204 ? "" : page);
      expect(await caught(readWhole(plain))).toMatchObject({ code, status: shown });
    }
  });

  test("that nothing is there is believed of S3 alone, before an encrypted object is taken for a missing one", async () => {
    odd.say = () => answer(404, {}, "default backend - 404");
    await expectCode(gateway.head(bucket, key), "InternalError");
    await expectCode(gateway.deleteObject({ bucket, key }), "InternalError");
    odd.say = ({ target }) => target === `/${bucket}` ? answer(200) : NO_KEY;
    expect(await gateway.head(bucket, key)).toBeUndefined();
  });

  test.each(["\x01", "&#x1;", "\uffff"])("about a key that XML cannot hold is read: %j", async (written) => {
    odd.say = () => answer(404, {}, `<Error><Code>NoSuchBucket</Code><Key>${written}</Key></Error>`);
    await expectCode(readWhole(plain), "NoSuchBucket");
  });

  test("for a name that no bucket can have means that there is none", async () => {
    odd.say = () => answer(400);
    expect(await plain.getBucket("No")).toBeUndefined();
  });
});

describe.each(["policy", "encryption"] as const)("the %s of a bucket", (name) => {
  const methods = () => odd.asked.map(({ method }) => method);

  test.each(
    [
      [
        "lists the bucket instead",
        answer(200, {}, "<ListBucketResult></ListBucketResult>"),
        "NotImplemented",
      ],
      ["is busy", answer(503), "ServiceUnavailable"],
      ["is no S3 server", answer(404, {}, "<html>"), "InternalError"],
    ] as const,
  )(
    "is neither set nor removed at a backend that %s: it might create or delete the bucket",
    async (_what, said, code) => {
      odd.say = () => said;
      odd.asked.length = 0;
      await expectCode(plain.setBucketDocument(bucket, name, "AES256"), code);
      const removing = plain.setBucketDocument(bucket, name, undefined);
      if (code === "NotImplemented") await removing;
      else await expectCode(removing, code);
      expect(methods()).not.toContain("PUT");
      expect(methods()).not.toContain("DELETE");
    },
  );

  test("that is no such document is none", async () => {
    odd.say = () => answer(200, {}, "<ListBucketResult></ListBucketResult>");
    expect(await plain.getBucketDocument(`without-${name}`, name)).toBeUndefined();
  });
});

describe("a completion whose answer gets lost", () => {
  // That of the one part that `complete` names.
  const made = "4ae71336e44bf9bf79d2752e234818a5-1";
  const unknown = answer(404, {}, "<Error><Code>NoSuchUpload</Code></Error>");
  const sayOf = (etag: string): void => {
    odd.asked.length = 0;
    odd.say = ({ method }) => {
      if (method === "HEAD") return answer(200, { "ETag": `"${etag}"`, "Content-Length": "3" });
      return odd.asked.length === 1 ? undefined : unknown;
    };
  };

  test("is done when the object of its parts is there", async () => {
    sayOf(made);
    expect(await complete(plain)).toMatchObject({ etag: made, key });
  });

  test("is that of an unknown upload when another object is there", async () => {
    sayOf("some");
    await expectCode(complete(plain), "NoSuchUpload");
  });
});

describe("a backend that is slow on purpose", () => {
  let slow: OddBackend;
  let client: Backend;
  beforeAll(async () => {
    slow = await startOddBackend();
    client = new Backend(slow.options);
  });
  afterAll(async () => {
    client.close();
    await slow.close();
  });
  const ask = () => client.ask({ method: "GET", bucket, key, repeatable: false, patience: 50 });

  test("is left when it falls silent within its answer", async () => {
    slow.say = () => answer(200, { "Content-Length": "100" }, "begun");
    const { body } = await ask();
    await expect(body.whole(1000)).rejects.toThrow("fell silent");
    await slow.left();
  });

  test("is left when its answer comes byte by byte", async () => {
    slow.say = () => answer(200, { "Content-Length": "1000000" });
    slow.drips = true;
    const { body } = await ask();
    await expect(body.whole(1_000_000)).rejects.toThrow("takes too long");
    await slow.left();
  });
});

describe("a connection", () => {
  test("that ends while it is kept is replaced by another one", async () => {
    odd.say = () => answer(204);
    await plain.deleteObject({ bucket, key });
    odd.asked.length = 0;
    odd.say = () => odd.asked.length > 1 ? answer(204) : undefined;
    await plain.deleteObject({ bucket, key });
    expect(odd.asked).toHaveLength(2);
  });

  test("over which nobody says that a body is wanted gets it after a second", async () => {
    odd.continues = false;
    odd.say = () => answer(200, ETAG);
    expect((await put(plain, 300_000)).etag).toBe("some");
    odd.continues = true;
  });
});
