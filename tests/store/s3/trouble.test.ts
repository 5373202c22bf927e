import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Secret } from "../../../src/crypto/secret.ts";
import { Backend } from "../../../src/store/s3/client/backend.ts";
import type { ObjectHandle, Store } from "../../../src/store/store.ts";
import {
  attributesOf,
  bodyOf,
  bytesOf,
  expectCode,
  METADATA,
  mustOpen,
  putPart,
  readRange,
} from "../../conformance/fixture.ts";
import { remoteStore, startBackend, type TestBackend, type Trouble } from "./backend.ts";

const bucket = "box";

describe("a backend in trouble", () => {
  let trouble: Trouble = () => false;
  let backend: TestBackend;
  let store: Store;
  const bytes = bytesOf(400_000);
  const etag = new Bun.CryptoHasher("md5").update(bytes).digest("hex");
  beforeAll(async () => {
    backend = await startBackend({ trouble: (...request) => trouble(...request) });
    store = await remoteStore(backend);
    await store.createBucket(bucket);
    await write("key", bytes);
  });
  afterEach(() => {
    trouble = () => false;
  });
  afterAll(async () => {
    await store.close();
    await backend.close();
  });

  const write = (key: string, content: Uint8Array, size: number | undefined = content.length) =>
    store.putObject({
      bucket,
      key,
      body: bodyOf(content),
      ...(size === undefined ? {} : { storedSize: size }),
      metadata: METADATA,
      attributes: () => attributesOf(content.length),
    });

  /** Answers the first GET of an object instead of the backend. */
  const answerOnce = (answer: (incoming: IncomingMessage, outgoing: ServerResponse) => void): void => {
    let done = false;
    trouble = (incoming, outgoing) => {
      if (done || incoming.method !== "GET" || !incoming.url?.startsWith(`/${bucket}/`)) return false;
      done = true;
      answer(incoming, outgoing);
      return true;
    };
  };
  const headers = (length: number) => ({ "ETag": `"${etag}"`, "Content-Length": length });
  const whole = async (): Promise<Buffer> => {
    const handle = await store.open(bucket, "key", { whole: true });
    if (handle === undefined) throw new Error("there is no object");
    return await readRange(handle, 0, bytes.length);
  };

  test("that breaks off an answer is asked for the rest", async () => {
    answerOnce((_incoming, outgoing) => {
      outgoing.writeHead(200, headers(bytes.length));
      outgoing.write(bytes.subarray(0, 150_000), () => setTimeout(() => outgoing.destroy(), 50));
    });
    backend.arrived.length = 0;
    expect((await whole()).equals(bytes)).toBe(true);
    const [, rest] = backend.arrived;
    expect(rest?.headers["range"]).toMatch(/^bytes=\d+-399999$/);
    expect(rest?.headers["if-match"]).toBe(`"${etag}"`);
  });

  test("that sends other bytes under the same ETag is found out before the last of them are out", async () => {
    const changed = Buffer.from(bytes);
    changed[5] = (changed[5] ?? 0) ^ 1;
    answerOnce((_incoming, outgoing) => outgoing.writeHead(200, headers(bytes.length)).end(changed));
    const handle = await store.open(bucket, "key", { whole: true });
    let seen = 0;
    const read = async (open: ObjectHandle) => {
      for await (const chunk of open.read(0, bytes.length)) seen += chunk.length;
    };
    if (handle === undefined) throw new Error("there is no object");
    await expectCode(read(handle), "InternalError");
    expect(seen).toBeLessThan(bytes.length);
  });

  test.each([
    ["another object", 206, {
      "ETag": '"other"',
      "Content-Range": "bytes 10-19/400000",
      "Content-Length": 10,
    }],
    ["another range", 206, { "Content-Range": "bytes 0-9/400000", "Content-Length": 10 }],
    ["the whole object", 200, { "Content-Length": 400_000 }],
  ])("that sends %s for a range is found out before the first byte", async (_what, status, told) => {
    const handle = await mustOpen(store, bucket, "key");
    answerOnce((_incoming, outgoing) => {
      outgoing.writeHead(status, { "ETag": `"${etag}"`, ...told });
      outgoing.end(bytes.subarray(0, Number(told["Content-Length"])));
    });
    await expectCode(readRange(handle, 10, 10), "InternalError");
    handle.close();
  });

  describe("that is a RADOS Gateway", () => {
    /** Answers every request of this method and query as it does. */
    const answerAs = (method: string, query: string, status: number, document: string): void => {
      trouble = (incoming, outgoing) => {
        if (incoming.method !== method || incoming.url?.includes(query) !== true) return false;
        incoming.resume();
        outgoing.writeHead(status, { "Content-Length": Buffer.byteLength(document) }).end(document);
        return true;
      };
    };

    test("and lists a bucket when asked for its encryption, has none, and is not told to set or remove it", async () => {
      await store.createBucket("other");
      answerAs("GET", "encryption", 200, "<ListBucketResult><Name>other</Name></ListBucketResult>");
      expect(await store.getBucketDocument("other", "encryption")).toBeUndefined();
      backend.arrived.length = 0;
      await store.setBucketDocument("other", "encryption", undefined);
      await expectCode(store.setBucketDocument("other", "encryption", "AES256"), "NotImplemented");
      expect(backend.arrived.map(({ method }) => method)).toEqual(["GET", "GET"]);
    });

    test("and tells no ETag of a completed upload, has the one that its parts make", async () => {
      const upload = await store.createUpload({ bucket, key: "parts", metadata: METADATA });
      const part = await putPart(store, upload, 1, bytes);
      answerAs(
        "POST",
        "uploadId=",
        200,
        "<CompleteMultipartUploadResult><ETag></ETag></CompleteMultipartUploadResult>",
      );
      const done = await store.completeUpload({
        ...upload,
        parts: [part],
        attributes: attributesOf(bytes.length),
      });
      const ofParts = new Bun.CryptoHasher("md5").update(Buffer.from(etag, "hex")).digest("hex");
      expect(done.etag).toBe(`${ofParts}-1`);
      trouble = () => false;
      await store.abortUpload(upload);
    });

    test("and speaks of keys and completions where it knows no such upload, is understood", async () => {
      const id = { bucket, key: "key", uploadId: "nobody-knows" };
      answerAs("GET", "uploadId=", 404, "<Error><Code>NoSuchKey</Code></Error>");
      await expectCode(store.listParts(id, { after: 0, limit: 1 }), "NoSuchUpload");
      const unknown = trouble;
      answerAs("POST", "uploadId=", 500, "<Error><Code>InternalError</Code></Error>");
      const busy = trouble;
      trouble = (...request) => unknown(...request) || busy(...request);
      const parts = [{ number: 1, revision: "x" }];
      await expectCode(store.completeUpload({ ...id, parts, attributes: attributesOf(1) }), "NoSuchUpload");
    });

    test("and deletes without a look at the condition, deletes nothing that a write replaced meanwhile", async () => {
      const key = "raced-for";
      const { revision } = await write(key, bytesOf(1));
      trouble = (incoming, outgoing) => {
        if (incoming.method !== "DELETE") return false;
        setTimeout(async () => {
          await backend.store.deleteObject({ bucket, key });
          outgoing.writeHead(204).end();
        }, 200);
        return true;
      };
      const results = await Promise.allSettled([
        store.deleteObject({ bucket, key, expect: { revision } }),
        store.putObject({
          bucket,
          key,
          body: bodyOf(bytesOf(2)),
          storedSize: 2,
          metadata: METADATA,
          attributes: () => attributesOf(2),
          expect: { revision },
        }),
      ]);
      expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    });

    test("and takes a part without an id for an object, and its end for that of the object, is sent none", async () => {
      const id = { bucket, key: "key", uploadId: "" };
      backend.arrived.length = 0;
      await expectCode(putPart(store, id, 1, bytesOf(1)), "NoSuchUpload");
      await expectCode(store.abortUpload(id), "NoSuchUpload");
      expect(backend.arrived).toEqual([]);
    });

    test("and writes keys in XML that it cannot hold, and encoded ones without a word, is understood", async () => {
      const key = "\x01 &#x1; \r\n\u2028\u00e9\uffff%20";
      const written = "&#x01; &amp;#x1; &#x0d;\n\u2028\u00e9\uffff%20";
      trouble = (incoming, outgoing) => {
        const { url = "" } = incoming;
        if (incoming.method !== "GET" || !/upload/.test(url)) return false;
        const listed = url.includes("encoding-type=url") ? encodeURIComponent(key) : written;
        outgoing.end(
          url.includes("uploadId=")
            ? `<ListPartsResult><Key>${written}</Key></ListPartsResult>`
            : `<ListMultipartUploadsResult><NextKeyMarker>${written}</NextKeyMarker><IsTruncated>true</IsTruncated>
               <Upload><Key>${listed}</Key><UploadId>some</UploadId></Upload></ListMultipartUploadsResult>`,
        );
        return true;
      };
      const query = { bucket, prefix: "", delimiter: "", afterKey: "", afterUploadId: "", limit: 1 };
      for (const requests of [2, 1]) {
        backend.arrived.length = 0;
        const page = await store.listUploads(query);
        expect([page.uploads[0]?.key, page.next?.key]).toEqual([key, key]);
        expect(backend.arrived.length).toBe(requests);
      }
      const id = { bucket, key, uploadId: "some" };
      expect((await store.listParts(id, { after: 0, limit: 1 })).parts).toEqual([]);
    });

    test("and compares ETags as they come, gets those of conditional writes without quotes", async () => {
      const { revision } = await write("conditional", bytesOf(1));
      backend.arrived.length = 0;
      await store.putObject({
        bucket,
        key: "conditional",
        body: bodyOf(bytesOf(2)),
        storedSize: 2,
        metadata: METADATA,
        attributes: () => attributesOf(2),
        expect: { revision },
      });
      expect(backend.arrived.find(({ method }) => method === "PUT")?.headers["if-match"]).toMatch(
        /^[0-9a-f]{32}$/,
      );
    });
  });

  test("that calls a list of parts by another name is understood", async () => {
    trouble = (incoming, outgoing) => {
      if (incoming.method !== "GET" || incoming.url?.includes("uploadId=") !== true) return false;
      const document =
        "<ListPartsResponse><Part><PartNumber>3</PartNumber><ETag>x</ETag><Size>7</Size></Part></ListPartsResponse>";
      outgoing.writeHead(200, { "Content-Length": document.length }).end(document);
      return true;
    };
    const id = { bucket, key: "key", uploadId: "some" };
    expect((await store.listParts(id, { after: 0, limit: 9 })).parts).toMatchObject([{ number: 3, size: 7 }]);
  });

  test("that redirects is not followed to another host", async () => {
    let asked = 0;
    const elsewhere = createServer((_incoming, outgoing) => {
      asked++;
      outgoing.end();
    });
    await new Promise<void>((resolve) => elsewhere.listen(0, "127.0.0.1", resolve));
    const { port } = elsewhere.address() as AddressInfo;
    answerOnce((incoming, outgoing) => {
      outgoing.writeHead(307, { "Location": `http://127.0.0.1:${port}${incoming.url}`, "Content-Length": 0 })
        .end();
    });
    await expectCode(store.open(bucket, "key", { whole: true }), "InternalError");
    expect(asked).toBe(0);
    elsewhere.close();
  });

  test("that is busy is asked again, but not with a body that is gone", async () => {
    let refused = 0;
    const busy: Trouble = (incoming, outgoing) => {
      if (refused >= 2 || incoming.url?.startsWith(`/${bucket}/busy`) !== true) return false;
      refused++;
      incoming.resume();
      incoming.once(
        "end",
        () => outgoing.writeHead(503, { "Content-Length": 0, "Connection": "close" }).end(),
      );
      return true;
    };
    trouble = busy;
    await write("busy-small", bytesOf(10));
    expect([refused, (await store.head(bucket, "busy-small"))?.size]).toEqual([2, 10]);
    refused = 0;
    await expectCode(write("busy-large", bytes), "ServiceUnavailable");
    expect([refused, await store.head(bucket, "busy-large")]).toEqual([1, undefined]);
  });

  test("that is silent is not waited for", async () => {
    const { endpoint, credentials, region } = backend.options;
    const client = new Backend({ endpoint, credentials, region });
    trouble = () => true;
    const asking = client.ask({ method: "GET", bucket, key: "key", repeatable: false, patience: 100 });
    await expectCode(asking, "ServiceUnavailable");
    client.close();
  });

  test("that takes nothing is sent no more than fits on the way", async () => {
    let pulled = 0;
    let stalled = (_incoming: IncomingMessage) => {};
    const arrived = new Promise<IncomingMessage>((resolve) => stalled = resolve);
    trouble = (incoming, outgoing) => {
      if (incoming.url?.startsWith(`/${bucket}/stalled`) !== true) return false;
      outgoing.writeContinue();
      stalled(incoming);
      return true;
    };
    const body = async function* () {
      for (let i = 0; i < 400; i++) {
        pulled += 256 * 1024;
        yield bytesOf(256 * 1024, i);
      }
    };
    const writing = store.putObject({
      bucket,
      key: "stalled",
      body: body(),
      storedSize: 400 * 256 * 1024,
      metadata: METADATA,
      attributes: () => attributesOf(0),
    });
    const incoming = await arrived;
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(pulled).toBeLessThan(16 * 2 ** 20);
    incoming.destroy();
    await expectCode(writing, "ServiceUnavailable");
  });

  test("that goes away with a body which waits for another write of its key leaves the key to others", async () => {
    const gateway = await remoteStore(backend, { encrypts: true });
    const key = "waited-for";
    const put = (size: number) =>
      gateway.putObject({
        bucket,
        key,
        body: bodyOf(bytesOf(size / 2), bytesOf(size / 2)),
        storedSize: size,
        attributes: () => attributesOf(size),
      });
    const arrived = Promise.withResolvers<void>();
    const answered = Promise.withResolvers<boolean>();
    trouble = (incoming, outgoing) => {
      if (incoming.method !== "PUT") return false;
      if ("expect" in incoming.headers) {
        outgoing.writeContinue();
        incoming.once("data", () => setTimeout(() => incoming.socket.destroy(), 200));
        incoming.resume();
        return true;
      }
      arrived.resolve();
      return answered.promise;
    };
    const first = put(10);
    await arrived.promise;
    await expectCode(put(2_000_000), "ServiceUnavailable");
    answered.resolve(false);
    await first;
    trouble = () => false;
    expect((await put(20)).size).toBe(20);
    await gateway.close();
  });

  test("gets no key of a customer over plain HTTP, unless it is here and that is allowed", async () => {
    const encryption = { kind: "sse-c", key: new Secret(bytesOf(32)) } as const;
    const put = (to: Store) =>
      to.putObject({
        bucket,
        key: "secret",
        body: bodyOf(bytesOf(5)),
        storedSize: 5,
        metadata: METADATA,
        attributes: () => attributesOf(5),
        backend: encryption,
      });
    backend.arrived.length = 0;
    await expectCode(put(store), "InvalidRequest");
    await expectCode(store.head(bucket, "key", encryption), "InvalidRequest");
    await expectCode(store.open(bucket, "key", { backend: encryption }), "InvalidRequest");
    expect(JSON.stringify(backend.arrived)).not.toContain("customer");
    const allowed = await remoteStore(backend, { keysOverLoopback: true });
    // Our own server insists on TLS as well.
    await expectCode(put(allowed), "InvalidRequest");
    expect(JSON.stringify(backend.arrived)).toContain("customer-key");
    await allowed.close();
  });
});
