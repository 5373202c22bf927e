import { expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { S3Error } from "../../../src/errors/s3-error.ts";
import { isoDate } from "../../../src/s3/dates.ts";
import { putObject } from "../../../src/s3/operations/put-object.ts";
import { uploadPartCopy } from "../../../src/s3/operations/upload-part-copy.ts";
import {
  altered,
  bytesOf,
  type Extra,
  fields,
  md5,
  MIB,
  type Named,
  openUploads,
  type Uploads,
} from "../upload-fixture.ts";

const SOURCE = bytesOf(200_003, 1);

interface Copying extends Uploads {
  readonly id: string;
  /** Copies a part out of `/other/from`. */
  copy(number: number, headers?: Record<string, string>, extra?: Extra): ReturnType<Uploads["run"]>;
  named(number: number, headers?: Record<string, string>): Promise<Named>;
}

/** An upload to `box/key`, and a source. */
async function openCopying(headers: Record<string, string> = {}): Promise<Copying> {
  const uploads = await openUploads();
  await uploads.run(putObject, { target: "/other/from", body: SOURCE });
  const id = await uploads.begin("key", { headers });
  const copy: Copying["copy"] = (number, headers, extra) =>
    uploads.run(uploadPartCopy, {
      target: `/box/key?partNumber=${number}&uploadId=${id}`,
      headers: { "x-amz-copy-source": "/other/from", ...headers },
      ...extra,
    });
  return {
    ...uploads,
    [Symbol.asyncDispose]: () => uploads[Symbol.asyncDispose](),
    id,
    copy,
    async named(number, headers) {
      const answer = await copy(number, headers);
      return { number, etag: fields(answer, "CopyPartResult", "ETag")["ETag"] ?? "" };
    },
  };
}

const range = (value: string) => ({ "x-amz-copy-source-range": value });

test("a whole object becomes a part", async () => {
  await using copying = await openCopying();
  const answer = await copying.copy(1);
  const { parts: [part] } = await copying.store.listParts(
    { bucket: "box", key: "key", uploadId: copying.id },
    { after: 0, limit: 1 },
  );
  expect(answer.text).toBe(
    '<?xml version="1.0" encoding="UTF-8"?>\n<CopyPartResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' +
      `<LastModified>${isoDate(part?.lastModified ?? 0)}</LastModified>` +
      `<ETag>&#34;${md5(SOURCE)}&#34;</ETag></CopyPartResult>`,
  );
  await copying.complete("key", copying.id, [{ number: 1, etag: md5(SOURCE) }]);
  expect(await copying.read("key")).toEqual(SOURCE);
});

test("any range of an object becomes a part", async () => {
  await using copying = await openCopying();
  const places = fc.tuple(fc.nat(SOURCE.length - 1), fc.nat(SOURCE.length - 1));
  await fc.assert(
    fc.asyncProperty(places, async ([one, other]) => {
      const [first, last] = [Math.min(one, other), Math.max(one, other)];
      const part = await copying.named(1, range(`bytes=${first}-${last}`));
      expect(part.etag).toBe(`"${md5(SOURCE.subarray(first, last + 1))}"`);
    }),
    { numRuns: 20, examples: [[[0, 0]], [[0, SOURCE.length - 1]], [[SOURCE.length - 1, SOURCE.length - 1]]] },
  );
});

test("copied and uploaded parts make one object", async () => {
  await using copying = await openCopying();
  const large = bytesOf(6 * MIB, 4);
  await copying.run(putObject, { target: "/box/large", body: large });
  const headers = { "x-amz-copy-source": "box/large", ...range(`bytes=3-${5 * MIB + 2}`) };
  const first = await copying.named(1, headers);
  const second = await copying.part("key", copying.id, 2, large);
  const third = await copying.named(3, range("bytes=100-199"));
  await copying.complete("key", copying.id, [first, second, third]);
  expect(await copying.read("key")).toEqual(
    Buffer.concat([large.subarray(3, 5 * MIB + 3), large, SOURCE.subarray(100, 200)]),
  );
});

test("a range must name bytes of the source in the one form there is", async () => {
  await using copying = await openCopying();
  const bad = [
    "bytes=0-200003",
    "bytes=200003-200003",
    "bytes=5-4",
    "bytes=-5",
    "bytes=5-",
    "bytes=0-1,3-4",
    "0-1",
    "octets=0-1",
    "bytes=a-b",
    "",
  ];
  for (const value of bad) {
    const error = await copying.fail(copying.copy(1, range(value)));
    expect([value, error.code]).toEqual([value, "InvalidArgument"]);
  }
  const { parts } = await copying.store.listParts(
    { bucket: "box", key: "key", uploadId: copying.id },
    { after: 0, limit: 1 },
  );
  expect(parts).toEqual([]);
});

test("the conditions on the source are checked", async () => {
  await using copying = await openCopying();
  const etag = `"${md5(SOURCE)}"`;
  const unmet = [
    { "x-amz-copy-source-if-match": '"x"' },
    { "x-amz-copy-source-if-none-match": etag },
    { "x-amz-copy-source-if-unmodified-since": "Sun, 06 Nov 1994 08:49:37 GMT" },
  ];
  for (const condition of unmet) {
    expect((await copying.fail(copying.copy(1, condition))).code).toBe("PreconditionFailed");
  }
  await copying.copy(1, { "x-amz-copy-source-if-match": etag });
});

test("permission to read the source is asked for, of whoever may write", async () => {
  await using copying = await openCopying();
  const asked: string[] = [];
  const error = await copying.fail(copying.copy(1, {}, {
    authorise: async (action, bucket, key) => {
      asked.push(`${action} ${bucket}/${key}`);
      throw new S3Error("AccessDenied");
    },
  }));
  expect([error.code, ...asked]).toEqual(["AccessDenied", "s3:GetObject other/from"]);
});

test("sources, part numbers and uploads that are not there are told apart", async () => {
  await using copying = await openCopying();
  const from = (source: string) => copying.fail(copying.copy(1, { "x-amz-copy-source": source }));
  expect((await from("other/none")).code).toBe("NoSuchKey");
  expect((await from("none/from")).code).toBe("NoSuchBucket");
  expect((await from("other")).code).toBe("InvalidArgument");
  expect((await copying.fail(copying.copy(10_001))).code).toBe("InvalidArgument");
  const lost = copying.copy(1, {}, { target: "/box/key?partNumber=1&uploadId=x" });
  expect((await copying.fail(lost)).code).toBe("NoSuchUpload");
});

test("the copy has the checksum that the upload wants", async () => {
  await using copying = await openCopying({ "x-amz-checksum-algorithm": "CRC32" });
  const body = Buffer.from("123456789");
  await copying.run(putObject, { target: "/other/from", body });
  const answer = await copying.copy(1);
  // The check value of CRC-32.
  expect(fields(answer, "CopyPartResult", "ChecksumCRC32")["ChecksumCRC32"]).toBe("y/Q5Jg==");
});

test("a part is read from the source as it was when the copy began", async () => {
  await using copying = await openCopying();
  const { store } = copying;
  const late = altered(store, {
    async putPart(part) {
      await copying.run(putObject, { target: "/other/from", body: "overwritten" });
      return await store.putPart(part);
    },
  });
  await copying.copy(1, {}, { store: late });
  await copying.complete("key", copying.id, [{ number: 1, etag: md5(SOURCE) }]);
  expect(await copying.read("key")).toEqual(SOURCE);
});

test("a source is let go whatever happens", async () => {
  await using copying = await openCopying();
  const { store } = copying;
  let open = 0;
  const counting = altered(store, {
    async open(bucket, key) {
      const handle = await store.open(bucket, key);
      if (handle === undefined) return undefined;
      open++;
      const close = () => {
        open--;
        handle.close();
      };
      return { record: handle.record, read: handle.read.bind(handle), close };
    },
  });
  await copying.copy(1, {}, { store: counting });
  await copying.fail(copying.copy(1, range("bytes=9-1"), { store: counting }));
  await copying.fail(copying.copy(1, { "x-amz-copy-source-if-match": "x" }, { store: counting }));
  expect(open).toBe(0);
});

test("more than 5 GiB are refused, whole or as a range", async () => {
  await using copying = await openCopying();
  const { store } = copying;
  const huge = altered(store, {
    async open(bucket, key) {
      const handle = await store.open(bucket, key);
      if (handle === undefined) return undefined;
      const record = { ...handle.record, size: 6 * 2 ** 30, storedSize: 6 * 2 ** 30 };
      return { record, read: handle.read.bind(handle), close: () => handle.close() };
    },
  });
  for (const headers of [{}, range(`bytes=0-${5 * 2 ** 30}`)]) {
    expect((await copying.fail(copying.copy(1, headers, { store: huge }))).code).toBe("InvalidRequest");
  }
});
