import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { putObject } from "../../src/s3/operations/put-object.ts";
import type { RawAnswer } from "../raw-client.ts";
import { bytesOf, MIB } from "../s3/upload-fixture.ts";
import { customer, type Headers, openScene, PROVIDERS, type Scene, sourceCustomer, SSE_S3 } from "./scene.ts";
import { type Served, serveScene, testCertificate } from "./served.ts";

// Files are changed under a server that runs, one bit at a time, in every field of a package and in packages at the
// beginning, in the middle and at the end. Where a bad package is the first that an answer needs, the answer is an
// error; where it comes later, the answer stops before it; where it is not needed, the answer is right.

const PAYLOAD = 65_536;
const PACKAGE = PAYLOAD + 32;
const WHOLE = bytesOf(4 * PAYLOAD + 1000, 1);
const PARTS = [bytesOf(5 * MIB, 2), bytesOf(3 * PAYLOAD + 7, 3)];

interface Kind {
  readonly name: string;
  readonly write: Headers;
  readonly read: Headers;
  readonly source: Headers;
}
const KINDS: readonly Kind[] = [
  { name: "s3", write: SSE_S3, read: {}, source: {} },
  { name: "c", write: customer(1), read: customer(1), source: sourceCustomer(1) },
];

/** One stored file and the plaintext of its object. */
interface Target {
  readonly key: string;
  readonly kind: Kind;
  readonly plain: Buffer;
  /** Plaintext bytes before those of the file. */
  readonly offset: number;
  readonly file: string;
}

const certificate = testCertificate();
let scene: Scene;
const targets: Target[] = [];
beforeAll(async () => {
  scene = await openScene();
  for (const kind of KINDS) {
    const whole = await fileAfter(() =>
      scene.run(putObject, { target: `/box/${kind.name}-whole`, body: WHOLE, headers: kind.write })
    );
    targets.push({ key: `${kind.name}-whole`, kind, plain: WHOLE, offset: 0, file: whole });
    const plain = Buffer.concat(PARTS);
    const last = await fileAfter(() => scene.upload(`/box/${kind.name}-parts`, PARTS, kind.write));
    targets.push({ key: `${kind.name}-parts`, kind, plain, offset: 5 * MIB, file: last });
  }
  await scene.store.close();
});
afterAll(async () => {
  await scene[Symbol.asyncDispose]();
  certificate.remove();
});

/** The smallest of the files that came with a write. */
async function fileAfter(write: () => Promise<unknown>): Promise<string> {
  const list = () => {
    const blobs = join(scene.directory, "blobs");
    return readdirSync(blobs, { recursive: true, encoding: "utf8" }).map((name) => join(blobs, name))
      .filter((path) => statSync(path).isFile());
  };
  const before = new Set(list());
  await write();
  const [smallest = ""] = list().filter((path) => !before.has(path))
    .sort((a, b) => statSync(a).size - statSync(b).size);
  return smallest;
}

function right(answer: RawAnswer, expected: Buffer): boolean {
  return answer.status < 300 && !answer.cut && answer.body.equals(expected);
}

/** An error document in place of bytes. */
function refused({ status, body }: RawAnswer): boolean {
  return status === 500 && body.includes("<Code>XMinioObjectTampered</Code>");
}

/** Refused, or right as far as it goes and cut short of its Content-Length before the bad package. */
function stopped(answer: RawAnswer, expected: Buffer, good: number): boolean {
  if (refused(answer)) return true;
  const { status, cut, headers, body } = answer;
  return status < 300 && cut && Number(headers.get("content-length")) === expected.length &&
    body.length <= good && body.equals(expected.subarray(0, body.length));
}

/** Positions of all fields of a package: every byte of header and tag, and some of the payload. */
function positions(file: Buffer, start: number): number[] {
  const end = Math.min(start + PACKAGE, file.length);
  const header = Array.from({ length: 16 }, (_, i) => start + i);
  const tag = Array.from({ length: 16 }, (_, i) => end - 16 + i);
  return [...header, start + 16, (start + end) >> 1, end - 17, ...tag];
}

async function changed(
  { file }: Target,
  at: number,
  bit: number,
  look: () => Promise<void>,
): Promise<void> {
  const bytes = readFileSync(file);
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ (1 << bit);
  writeFileSync(file, copy);
  try {
    await look();
  } finally {
    writeFileSync(file, bytes);
  }
}

for (const provider of PROVIDERS) {
  describe(`through a server that decrypts by ${provider}`, () => {
    let served: Served;
    beforeAll(async () => {
      served = await serveScene({ directory: scene.directory, provider }, certificate.directory);
    });
    afterAll(() => served[Symbol.asyncDispose]());

    const get = ({ key, kind }: Target, range?: readonly [number, number], query = "") => {
      const send = kind.name === "c" ? served.send : served.sendInsecurely;
      const ranged = range === undefined ? {} : { range: `bytes=${range[0]}-${range[1] - 1}` };
      return send({ method: "GET", target: `/box/${key}${query}`, headers: { ...kind.read, ...ranged } });
    };

    for (const index of [0, 1, 2, 3]) {
      test(`no changed bit leaves in object ${index} of 4, whole, by range, by part or by copy`, async () => {
        const target = targets[index];
        if (target === undefined) throw new Error("four objects were made");
        const { key, kind, plain, offset } = target;
        const file = readFileSync(target.file);
        const last = Math.ceil(file.length / PACKAGE) - 1;
        for (const bad of [0, 2, last]) {
          const from = offset + bad * PAYLOAD;
          const to = Math.min(from + PAYLOAD, plain.length);
          for (const [i, at] of positions(file, bad * PACKAGE).entries()) {
            await changed(target, at, i % 8, async () => {
              const what = [key, bad, at];
              const inside = await get(target, [from + 3, Math.min(from + 90, to)]);
              expect([what, refused(inside)]).toEqual([what, true]);

              // Ranges that end just before the bad package, begin just behind it, or run into it.
              const before = [Math.max(0, from - 20), from] as const;
              if (from > 0) {
                expect([what, right(await get(target, before), plain.subarray(...before))]).toEqual([
                  what,
                  true,
                ]);
                const into = [from - 20, from + 20] as const;
                expect([what, stopped(await get(target, into), plain.subarray(...into), 20)])
                  .toEqual([what, true]);
              }
              if (to < plain.length) {
                const behind = [to, Math.min(to + 50, plain.length)] as const;
                expect([what, right(await get(target, behind), plain.subarray(...behind))]).toEqual([
                  what,
                  true,
                ]);
              }
              if (i % 16 !== 0) return;

              const whole = await get(target);
              expect([what, stopped(whole, plain, from)]).toEqual([what, true]);
              if (from === 0) expect([what, refused(whole)]).toEqual([what, true]);
              const number = offset === 0 ? 1 : 2;
              const part = await get(target, undefined, `?partNumber=${number}`);
              expect([what, stopped(part, plain.subarray(offset), from - offset)]).toEqual([what, true]);
              const send = kind.name === "c" ? served.send : served.sendInsecurely;
              const headers = { "x-amz-copy-source": `/box/${key}`, ...kind.source };
              const copy = await send({ method: "PUT", target: "/box/copy", headers });
              expect([what, refused(copy)]).toEqual([what, true]);
              expect((await served.sendInsecurely({ method: "HEAD", target: "/box/copy" })).status).toBe(404);
            });
          }
        }
        expect(right(await get(target), plain)).toBe(true);
        if (offset > 0) {
          await changed(target, 0, 0, async () => {
            expect(right(await get(target, undefined, "?partNumber=1"), plain.subarray(0, offset))).toBe(
              true,
            );
          });
        }
      }, 120_000);
    }

    test("every bit of the first header is guarded", async () => {
      const [target] = targets;
      if (target === undefined) throw new Error("four objects were made");
      for (let bit = 0; bit < 128; bit++) {
        await changed(target, bit >> 3, bit & 7, async () => {
          expect([bit, refused(await get(target))]).toEqual([bit, true]);
        });
      }
    }, 60_000);
  });
}
