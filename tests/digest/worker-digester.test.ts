import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { afterEach, expect, test } from "bun:test";
import { BUFFER_BYTES } from "../../src/digest/buffers.ts";
import { HashWorkers } from "../../src/digest/hash-workers.ts";
import { WorkerDigester } from "../../src/digest/worker-digester.ts";

const started: HashWorkers[] = [];

function workers(limit: number, buffers: number): HashWorkers {
  const made = new HashWorkers(limit, buffers);
  started.push(made);
  return made;
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((made) => made.terminate()));
});

const body = new Uint8Array(2_500_000).map((_, i) => (i * 31 + (i >> 8) * 17) % 251);
const bodyMd5 = createHash("md5").update(body).digest("hex");

async function md5(digester: WorkerDigester, step: number): Promise<string> {
  for (let at = 0; at < body.length; at += step) await digester.update(body.subarray(at, at + step));
  return Buffer.from((await digester.finish()).get("md5") ?? []).toString("hex");
}

test("32 uploads share fewer buffers than uploads", async () => {
  const few = workers(2, 5);
  const all = Array.from({ length: 32 }, (_, i) => md5(new WorkerDigester(["md5"], few), 60_000 + i * 1000));
  expect(await Promise.all(all)).toEqual(Array.from({ length: 32 }, () => bodyMd5));
});

test("one buffer for all is enough", async () => {
  const one = workers(1, 1);
  const both = [
    md5(new WorkerDigester(["md5"], one), 300_000),
    md5(new WorkerDigester(["md5"], one), 70_000),
  ];
  expect(await Promise.all(both)).toEqual([bodyMd5, bodyMd5]);
});

test("uploads that have stopped sending do not starve the others", async () => {
  const pool = workers(1, 3);
  const idle = Array.from({ length: 3 }, () => new WorkerDigester(["md5"], pool));
  for (const digester of idle) await digester.update(body.subarray(0, 1000));
  expect(await md5(new WorkerDigester(["md5"], pool), 100_000)).toBe(bodyMd5);
  for (const digester of idle) await digester.update(body.subarray(1000, 2000));
  const expected = createHash("md5").update(body.subarray(0, 2000)).digest("hex");
  for (const digester of idle) {
    expect(Buffer.from((await digester.finish()).get("md5") ?? []).toString("hex")).toBe(expected);
  }
});

test("a caller has four buffers on their way, then it has to wait", async () => {
  const digester = new WorkerDigester(["md5"], workers(1, 8));
  const buffer = new Uint8Array(BUFFER_BYTES);
  for (let i = 0; i < 4; i++) expect(digester.update(buffer)).toBeUndefined();
  const wait = digester.update(buffer);
  expect(wait).toBeInstanceOf(Promise);
  await wait;
  const expected = createHash("md5").update(new Uint8Array(5 * BUFFER_BYTES)).digest("hex");
  expect(Buffer.from((await digester.finish()).get("md5") ?? []).toString("hex")).toBe(expected);
});

test("a stream that got the last buffer while others wait does not keep it", async () => {
  const pool = workers(1, 1);
  const [first, second, third] = [1, 2, 3].map(() => new WorkerDigester(["md5"], pool));
  first?.update(new Uint8Array(BUFFER_BYTES));
  const waits = [second, third].map((digester) => digester?.update(body.subarray(0, 1000)));
  expect(waits.every((wait) => wait instanceof Promise)).toBe(true);
  await Promise.all(waits);
});

test("abandoned streams give their buffers back", async () => {
  const pool = workers(1, 4);
  for (let i = 0; i < 12; i++) {
    const digester = new WorkerDigester(["md5"], pool);
    for (let k = 0; k < i % 4; k++) await digester.update(body.subarray(0, 200_000));
    const pending = digester.update(body);
    digester.abandon();
    await pending;
    digester.abandon();
  }
  expect(await md5(new WorkerDigester(["md5"], pool), 100_000)).toBe(bodyMd5);
});

test("a worker that ends fails its streams, and the next stream gets a new one", async () => {
  const pool = workers(1, 4);
  const writing = new WorkerDigester(["md5"], pool);
  const finishing = new WorkerDigester(["md5"], pool);
  await writing.update(body.subarray(0, 600_000));
  await finishing.update(body.subarray(0, 300_000));
  const outcome = finishing.finish().then(() => "finished", (error: Error) => error.message);
  await pool.terminate();
  const message = "a hash worker ended unexpectedly";
  expect(["finished", message]).toContain(await outcome);
  await expect((async () => await writing.update(body))()).rejects.toThrow(message);
  await expect((async () => await writing.update(body))()).rejects.toThrow(message);
  await expect(writing.finish()).rejects.toThrow(message);
  writing.abandon();
  expect(await md5(new WorkerDigester(["md5"], pool), 100_000)).toBe(bodyMd5);
});

test("a stream that waits for a buffer of a dying worker fails rather than hangs", async () => {
  const pool = workers(1, 2);
  const first = new WorkerDigester(["md5"], pool);
  const pending = Promise.resolve(first.update(body)).then(() => "taken", (error: Error) => error.message);
  await pool.terminate();
  expect(await pending).toBe("a hash worker ended unexpectedly");
});
