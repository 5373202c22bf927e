import { expect, test } from "bun:test";
import { objectBody } from "../../src/s3/object-body.ts";
import type { ReplyStream } from "../../src/s3/operation.ts";
import type { ObjectView } from "../../src/sse/sse.ts";
import type { ObjectHandle } from "../../src/store/store.ts";

/** A handle and view over chunks made by `chunks`, with a record of what happened to them. */
function source(chunks: () => AsyncGenerator<Uint8Array>) {
  const seen = { closed: 0, ended: 0 };
  const handle: ObjectHandle = {
    record: {
      bucket: "box",
      key: "k",
      revision: "1",
      lastModified: 0,
      size: 0,
      storedSize: 0,
      etag: "x",
      metadata: {},
      parts: [],
    },
    read: () => chunks(),
    close: () => {
      seen.closed++;
    },
  };
  async function* watched() {
    try {
      yield* chunks();
    } finally {
      seen.ended++;
    }
  }
  const view: ObjectView = {
    replyHeaders: {},
    etag: "x",
    checksum: undefined,
    openChecksum: (stored) => stored,
    read: () => watched(),
  };
  return { handle, view, seen };
}

function streamed(body: Uint8Array | ReplyStream): ReplyStream {
  if (body instanceof Uint8Array) throw new Error("expected a stream");
  return body;
}

async function* threeChunks() {
  yield new Uint8Array([1, 2]);
  yield new Uint8Array([3]);
  yield new Uint8Array([4, 5]);
}

async function* oneChunk() {
  yield new Uint8Array([1, 2, 3]);
}

test("bytes that come in one chunk are the body, and the object is let go at once", async () => {
  const { handle, view, seen } = source(oneChunk);
  expect(await objectBody(handle, view, { start: 0, length: 3 })).toEqual(new Uint8Array([1, 2, 3]));
  expect(seen).toEqual({ closed: 1, ended: 1 });
});

test("an empty range reads nothing", async () => {
  const { handle, view, seen } = source(oneChunk);
  expect(await objectBody(handle, view, { start: 0, length: 0 })).toEqual(new Uint8Array());
  expect(seen).toEqual({ closed: 1, ended: 0 });
});

test("several chunks become a stream that holds the object until it is closed", async () => {
  const { handle, view, seen } = source(threeChunks);
  const body = streamed(await objectBody(handle, view, { start: 0, length: 5 }));
  expect(body.length).toBe(5);
  const bytes: number[] = [];
  for await (const chunk of body.chunks()) bytes.push(...chunk);
  expect(bytes).toEqual([1, 2, 3, 4, 5]);
  expect(seen).toEqual({ closed: 0, ended: 1 });
  body.close();
  expect(seen.closed).toBe(1);
});

test("a stream given up in the middle ends its reader", async () => {
  const { handle, view, seen } = source(threeChunks);
  const body = streamed(await objectBody(handle, view, { start: 0, length: 5 }));
  for await (const _chunk of body.chunks()) break;
  body.close();
  expect(seen).toEqual({ closed: 1, ended: 1 });
});

test("a stream that is never started ends its reader too", async () => {
  const { handle, view, seen } = source(threeChunks);
  streamed(await objectBody(handle, view, { start: 0, length: 5 })).close();
  await new Promise((resolve) => setImmediate(resolve));
  expect(seen).toEqual({ closed: 1, ended: 1 });
});

test("a failure before the first chunk is thrown, and the object stays the caller's", async () => {
  const { handle, view, seen } = source(async function* () {
    yield await Promise.reject(new Error("damaged"));
  });
  await expect(objectBody(handle, view, { start: 0, length: 5 })).rejects.toThrow("damaged");
  expect(seen.closed).toBe(0);
});

test("a failure after it comes out of the stream", async () => {
  const { handle, view } = source(async function* () {
    yield new Uint8Array([1]);
    throw new Error("damaged later");
  });
  const body = streamed(await objectBody(handle, view, { start: 0, length: 5 }));
  const read = async () => {
    for await (const _chunk of body.chunks());
  };
  await expect(read()).rejects.toThrow("damaged later");
});

test("an object without the bytes that it should have is an error, not an empty answer", async () => {
  const { handle, view } = source(async function* () {});
  await expect(objectBody(handle, view, { start: 0, length: 5 })).rejects.toThrow("no bytes came");
});
