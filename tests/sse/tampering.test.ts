import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { RequestHeaders } from "../../src/http/headers.ts";
import { createMultipartUpload } from "../../src/s3/operations/create-multipart-upload.ts";
import { putObject } from "../../src/s3/operations/put-object.ts";
import { uploadPart } from "../../src/s3/operations/upload-part.ts";
import type { RawAnswer } from "../raw-client.ts";
import { bytesOf, md5 } from "../s3/upload-fixture.ts";
import {
  customer,
  type Headers,
  openScene,
  type ProviderName,
  type Scene,
  sourceCustomer,
  SSE_S3,
} from "./scene.ts";
import { RECORD_SEAL, UPLOAD_SEAL } from "../../src/sse/metadata.ts";
import { type Served, serveScene, testCertificate } from "./served.ts";
import { type ObjectRows, StoppedStore } from "./stopped-store.ts";

const PACKAGE = 65_536 + 32;
const SMALL = 1000;
const LARGE = 3 * 65_536 + 500;
const PARTS = [2 * 65_536 + 5, 70_000, 70_000, 900];
const KEY_ID = "X-Minio-Internal-Server-Side-Encryption-S3-Kms-Key-Id";
const MULTIPART = "X-Minio-Internal-Encrypted-Multipart";

/** The plaintext parts of an object; the twin of an object has the same sizes and other bytes. */
function partsOf(shape: string, seed: number): readonly Buffer[] {
  const sizes = shape === "small" ? [SMALL] : shape === "large" ? [LARGE] : PARTS;
  return sizes.map((size, i) => bytesOf(size, 100 * seed + i));
}

interface Kind {
  readonly name: "s3" | "c";
  readonly write: Headers;
  readonly read: Headers;
  readonly source: Headers;
}
const KINDS: readonly Kind[] = [
  { name: "s3", write: SSE_S3, read: {}, source: {} },
  { name: "c", write: customer(1), read: customer(1), source: sourceCustomer(1) },
];
const SHAPES = ["small", "large", "parts"] as const;

/** Uploads parts of any size, past the limit that CompleteMultipartUpload holds. */
async function uploadParts(
  scene: Scene,
  key: string,
  parts: readonly Uint8Array[],
  { write, read }: Kind,
  atTheEnd: Headers,
): Promise<void> {
  const begin = { target: `/box/${key}?uploads`, headers: { ...write, "content-type": "text/x-test" } };
  const { text } = await scene.run(createMultipartUpload, begin);
  const uploadId = /<UploadId>([^<]+)</.exec(text)?.[1] ?? "";
  for (const [i, body] of parts.entries()) {
    const target = `/box/${key}?partNumber=${2 * i + 1}&uploadId=${encodeURIComponent(uploadId)}`;
    await scene.run(uploadPart, { target, headers: read, body });
  }
  const id = { bucket: "box", key, uploadId };
  const upload = await scene.store.getUpload(id);
  const headers = new RequestHeaders(Object.entries(atTheEnd).flat());
  const etags = await scene.sse.forUpload({ headers, secure: true, bucket: "box", key }, upload);
  const { parts: stored } = await scene.store.listParts(id, { after: 0, limit: 100 });
  const size = stored.reduce((sum, part) => sum + part.size, 0);
  const attributes = {
    size,
    etag: etags.finished(stored.map((part) => part.etag)).stored,
    metadata: { ...upload.metadata, ...etags.finishedMetadata(size) },
  };
  await scene.store.completeUpload({
    ...id,
    parts: stored,
    attributes: etags.sealRecord(attributes, stored),
  });
}

const certificate = testCertificate();
let scene: Scene;
let stopped: StoppedStore;
beforeAll(async () => {
  scene = await openScene();
  for (const kind of KINDS) {
    for (const [twin, seed] of [["", 1], ["-twin", 2]] as const) {
      for (const shape of ["small", "large"]) {
        const target = `/box/${kind.name}-${shape}${twin}`;
        const headers = { ...kind.write, "content-type": "text/x-test" };
        await scene.run(putObject, { target, body: partsOf(shape, seed)[0] ?? "", headers });
      }
      await uploadParts(scene, `${kind.name}-parts${twin}`, partsOf("parts", seed), kind, kind.read);
    }
  }
  const [, c] = KINDS;
  if (c === undefined) throw new Error("two kinds");
  await uploadParts(scene, "c-late", partsOf("late", 1), c, {});
  await scene.run(putObject, { target: "/box/a//b", body: "one", headers: SSE_S3 });
  await scene.run(putObject, { target: "/box/a/b", body: "two", headers: SSE_S3 });
  await scene.store.close();
  stopped = new StoppedStore(scene.directory);
}, 60_000);
afterAll(async () => {
  await scene[Symbol.asyncDispose]();
  certificate.remove();
});

type Outcome = "refused" | "cut" | "right";

/** What came of a request for these bytes. Fails when anything else than them came. */
function judge(what: string, answer: RawAnswer, expected: Buffer): Outcome {
  const { status, headers, body } = answer;
  if (status === 0) return "cut";
  if (status >= 400) {
    expect([what, body.toString()]).toEqual([what, expect.stringContaining("<Error>")]);
    return "refused";
  }
  expect([what, Number(headers.get("content-length"))]).toEqual([what, expected.length]);
  expect([what, body.equals(expected.subarray(0, body.length))]).toEqual([what, true]);
  return body.length < expected.length ? "cut" : "right";
}

interface Reads {
  /** Outcome of each request by its name. */
  readonly outcomes: Readonly<Record<string, Outcome>>;
  readonly headStatus: number;
}

/** Reads an object in every way that there is. */
async function readAll(served: Served, key: string, parts: readonly Buffer[], kind: Kind): Promise<Reads> {
  const whole = Buffer.concat(parts);
  const target = `/box/${key}`;
  const get = (more: Headers = {}, query = "") =>
    served.send({ method: "GET", target: target + query, headers: { ...kind.read, ...more } });
  const outcomes: Record<string, Outcome> = { whole: judge("whole", await get(), whole) };
  const n = whole.length;
  const ranges = [[0, 9], [65_530, 65_545], [n - 10, n - 1], [Math.min(70_000, n - 1), n - 1], [0, n - 1]];
  for (const [first = 0, last = 0] of ranges.filter(([first = 0, last = 0]) => first <= last && last < n)) {
    const name = `bytes=${first}-${last}`;
    outcomes[name] = judge(name, await get({ range: name }), whole.subarray(first, last + 1));
  }
  for (const [i, part] of parts.entries()) {
    const name = `partNumber=${parts.length === 1 ? 1 : 2 * i + 1}`;
    outcomes[name] = judge(name, await get({}, `?${name}`), part);
  }
  const head = await served.send({ method: "HEAD", target, headers: kind.read });
  const copyHeaders = { "x-amz-copy-source": target, ...kind.source };
  const copied = await served.send({ method: "PUT", target: "/box/copied", headers: copyHeaders });
  if (copied.status === 200) {
    const copy = await served.send({ method: "GET", target: "/box/copied" });
    outcomes["copy"] = judge("copy", copy, whole);
    await served.send({ method: "DELETE", target: "/box/copied" });
  } else {
    outcomes["copy"] = "refused";
    expect((await served.send({ method: "HEAD", target: "/box/copied" })).status).toBe(404);
  }
  return { outcomes, headStatus: head.status };
}

/** Serves the directory as it is now, and lets everything be read. */
async function readTampered(
  key: string,
  parts: readonly Buffer[],
  kind: Kind,
  provider: ProviderName = "native",
) {
  await using served = await serveScene({ directory: scene.directory, provider }, certificate.directory);
  const reads = await readAll(served, key, parts, kind);
  const list = await served.send({ method: "GET", target: "/box?list-type=2" });
  expect([list.status, list.cut]).toEqual([200, false]);
  expect(list.body.toString()).not.toContain("sealed:");
  return reads;
}

/** Does something to an object that must not go unnoticed when all of it is read. */
async function detects(name: string, key: string, kind: Kind, change: () => void): Promise<Reads> {
  const shape = key.replace(/^\w+-/, "");
  try {
    change();
    const reads = await readTampered(key, partsOf(shape, 1), kind);
    expect([name, reads.outcomes["whole"]]).not.toEqual([name, "right"]);
    expect([name, reads.outcomes["copy"]]).toEqual([name, "refused"]);
    return reads;
  } finally {
    stopped.restore();
  }
}

/** The same for what is wrong with the record: not one byte leaves. */
async function refuses(name: string, key: string, kind: Kind, change: () => void): Promise<void> {
  const { outcomes, headStatus } = await detects(name, key, kind, change);
  expect([name, new Set(Object.values(outcomes))]).toEqual([name, new Set(["refused"])]);
  expect([name, headStatus >= 400]).toEqual([name, true]);
}

const flipped = (bytes: Uint8Array, at: number, bits = 1) => {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ bits;
  return copy;
};
const without = (metadata: ObjectRows["metadata"], drop: (name: string) => boolean) =>
  Object.fromEntries(Object.entries(metadata).filter(([name]) => !drop(name)));

for (const kind of KINDS) {
  for (const shape of SHAPES) {
    const key = `${kind.name}-${shape}`;
    describe(key, () => {
      test("is read right in every way while nobody touched it, by both providers", async () => {
        for (const provider of ["webcrypto", "native"] as const) {
          const { outcomes, headStatus } = await readTampered(key, partsOf(shape, 1), kind, provider);
          expect([new Set(Object.values(outcomes)), headStatus]).toEqual([new Set(["right"]), 200]);
          stopped.restore();
        }
      });

      test(
        "is refused without any one piece of its encryption metadata, or with that of its twin",
        async () => {
          const { metadata } = stopped.object(key);
          const twin = stopped.object(`${key}-twin`).metadata;
          const internal = Object.keys(metadata).filter((name) => name.startsWith("X-Minio-Internal-"));
          expect(internal.length).toBeGreaterThanOrEqual(4);
          for (const name of internal) {
            // Without its key a client may complete an upload: see below what is detected then.
            if (key === "c-parts" && name === RECORD_SEAL) continue;
            await refuses(`without ${name}`, key, kind, () =>
              stopped.setMetadata(
                stopped.object(key),
                without(metadata, (other) => other === name),
              ));
            if (metadata[name] === twin[name]) continue;
            await refuses(
              `other ${name}`,
              key,
              kind,
              () => stopped.setMetadata(stopped.object(key), { ...metadata, [name]: twin[name] ?? "" }),
            );
          }
        },
        60_000,
      );

      test("is refused with encryption metadata that was edited", async () => {
        const { metadata } = stopped.object(key);
        const edits: Record<string, string> = {
          ...Object.fromEntries(
            Object.entries(metadata).filter(([name, value]) =>
              name.startsWith("X-Minio-Internal-") && value !== ""
            )
              .map((
                [name, value],
              ) => [name, `${value.slice(0, 4)}${value[4] === "A" ? "B" : "A"}${value.slice(5)}`]),
          ),
          "X-Minio-Internal-Server-Side-Encryption-Seal-Algorithm": "DARE-SHA256",
          ...(kind.name === "s3" ? { [KEY_ID]: "other-key" } : {}),
          [MULTIPART]: shape === "parts" ? "edited" : "",
          "content-type": "text/html",
          "X-Amz-Meta-Added": "by an intruder",
        };
        for (const [name, value] of Object.entries(edits)) {
          await refuses(
            `edited ${name}`,
            key,
            kind,
            () => stopped.setMetadata(stopped.object(key), { ...metadata, [name]: value }),
          );
        }
      }, 60_000);

      test("is never served as plaintext when its encryption metadata was stripped", async () => {
        const { metadata, content } = stopped.object(key);
        const strip = () =>
          stopped.setMetadata(
            stopped.object(key),
            without(metadata, (name) => name.startsWith("X-Minio-Internal-")),
          );
        const equalSizes = () => {
          stopped.sql("UPDATE objects SET size = stored_size WHERE key = ?", key);
          stopped.sql("UPDATE segments SET size = stored_size WHERE content = ?", content);
        };
        for (
          const [name, change] of [
            ["stripped", strip],
            ["stripped, sizes made equal", () => (strip(), equalSizes())],
            ["stripped, one piece", () => (strip(), stopped.sql("UPDATE contents SET upload_id = NULL"))],
            ["sizes made equal", equalSizes],
          ] as const
        ) {
          // Without the key: an intruder wants to read it as anyone.
          const anyone: Kind = { ...kind, read: {}, source: {} };
          await refuses(name, key, anyone, change);
        }
      }, 60_000);

      test("is refused with sizes that were edited, also when they still belong together", async () => {
        const { content } = stopped.object(key);
        const resize = (size: number, storedSize: number) => () => {
          stopped.sql(
            "UPDATE objects SET size = size + ?, stored_size = stored_size + ? WHERE key = ?",
            size,
            storedSize,
            key,
          );
        };
        const resizeLast = (by: number) => () => {
          resize(by, by)();
          stopped.sql(
            "UPDATE segments SET size = size + ?, stored_size = stored_size + ? WHERE content = ? AND position = (SELECT MAX(position) FROM segments WHERE content = ?)",
            by,
            by,
            content,
            content,
          );
        };
        for (
          const [name, change] of [
            ["smaller", resize(-1, 0)],
            ["larger", resize(1, 0)],
            ["smaller, both", resize(-1, -1)],
            ["larger, both", resize(1, 1)],
            ["smaller with its last file", resizeLast(-10)],
            ["larger with its last file", resizeLast(10)],
            ["negative", resize(-10_000_000, -10_000_000)],
          ] as const
        ) await refuses(name, key, kind, change);
      }, 60_000);

      test("is refused with the ETag of its twin, with none, and with that of its plaintext", async () => {
        const plain = md5(Buffer.concat([...partsOf(shape, 1)]));
        for (const etag of [plain, "", `${plain}-4`]) {
          await refuses(
            `etag ${etag}`,
            key,
            kind,
            () => stopped.sql("UPDATE objects SET etag = ? WHERE key = ?", etag, key),
          );
        }
        await refuses(
          "etag of the twin",
          key,
          kind,
          () =>
            stopped.sql(
              "UPDATE objects SET etag = (SELECT etag FROM objects WHERE key = ?) WHERE key = ?",
              `${key}-twin`,
              key,
            ),
        );
      }, 60_000);

      test("is refused in place of another object, and where it was moved to", async () => {
        const twin = `${key}-twin`;
        await refuses(
          "content swapped",
          key,
          kind,
          () =>
            stopped.sql(
              "UPDATE objects SET content = (SELECT content FROM objects WHERE key = ?) WHERE key = ?",
              twin,
              key,
            ),
        );
        await refuses("row swapped", key, kind, () => {
          stopped.sql("DELETE FROM objects WHERE key = ?", key);
          stopped.sql("UPDATE objects SET key = ? WHERE key = ?", key, twin);
        });
        try {
          stopped.sql(
            "UPDATE objects SET bucket = (SELECT id FROM buckets WHERE name = 'other') WHERE key = ?",
            key,
          );
          await using served = await serveScene({ directory: scene.directory }, certificate.directory);
          const moved = await served.send({ method: "GET", target: `/other/${key}`, headers: kind.read });
          expect([moved.status >= 400, moved.status]).not.toEqual([true, 404]);
        } finally {
          stopped.restore();
        }
      }, 60_000);

      test("is cut or refused when any byte of its data was changed", async () => {
        const object = stopped.object(key);
        const count = Math.max(1, object.files.length);
        const positions: [file: number, at: number][] = [];
        for (let at = 0; at < 16; at++) positions.push([0, at]);
        for (let file = 0; file < count; file++) {
          const { length } = stopped.bytes(object, file);
          const places = [
            2,
            17,
            length >> 1,
            length - 17,
            length - 1,
            PACKAGE - 1,
            PACKAGE,
            PACKAGE + 4,
            PACKAGE + 15,
          ];
          for (const at of places.filter((place) => place < length)) positions.push([file, at]);
        }
        for (const [file, at] of positions) {
          await detects(
            `file ${file} byte ${at}`,
            key,
            kind,
            () =>
              stopped.setBytes(
                object,
                flipped(stopped.bytes(object, file), at, at % 2 === 0 ? 1 : 0x80),
                file,
              ),
          );
        }
      }, 120_000);

      test("is cut or refused when its data was truncated, extended, reordered or replaced", async () => {
        const object = stopped.object(key);
        const twin = stopped.object(`${key}-twin`);
        const bytes = stopped.bytes(object);
        const packages: Buffer[] = [];
        for (let at = 0; at < bytes.length; at += PACKAGE) packages.push(bytes.subarray(at, at + PACKAGE));
        const [first = bytes, second = bytes] = packages;
        const plain = partsOf(shape, 1)[0] ?? Buffer.alloc(0);
        const replacements: Record<string, Uint8Array> = {
          "less a byte": bytes.subarray(0, -1),
          "less a package": Buffer.concat(packages.slice(0, -1)),
          "less its first package": Buffer.concat(packages.slice(1)),
          "nothing": Buffer.alloc(0),
          "its twin's": stopped.bytes(twin),
          "its twin's first package": Buffer.concat([
            stopped.bytes(twin).subarray(0, PACKAGE),
            ...packages.slice(1),
          ]),
          "plaintext": Buffer.concat([plain, Buffer.alloc(bytes.length - plain.length)]),
          "zeros": Buffer.alloc(bytes.length),
          ...(packages.length > 1
            ? {
              "a package twice": Buffer.concat([first, ...packages]),
              "swapped packages": Buffer.concat([second, first, ...packages.slice(2)]),
              "the first package twice, the second left out": Buffer.concat([
                first,
                first,
                ...packages.slice(2),
              ]),
              "the last package first": Buffer.concat([packages.at(-1) ?? first, ...packages.slice(0, -1)]),
            }
            : {}),
        };
        for (const [name, replacement] of Object.entries(replacements)) {
          await detects(name, key, kind, () => stopped.setBytes(object, replacement));
        }
      }, 120_000);
    });
  }

  describe(`${kind.name}-parts, part by part`, () => {
    const key = `${kind.name}-parts`;
    const rows: Readonly<Record<string, (content: number) => readonly string[]>> = {
      "the last part gone": (content) => [
        `UPDATE objects SET size = size - 900, stored_size = stored_size - 932 WHERE key = '${key}'`,
        `DELETE FROM segments WHERE content = ${content} AND position = 3`,
      ],
      "the first part gone": (content) => [
        `UPDATE objects SET size = size - 131077, stored_size = stored_size - 131173 WHERE key = '${key}'`,
        `DELETE FROM segments WHERE content = ${content} AND position = 0`,
      ],
      "two parts of one size swapped": (content) => [
        `UPDATE segments SET position = 9 WHERE content = ${content} AND position = 1`,
        `UPDATE segments SET position = 1 WHERE content = ${content} AND position = 2`,
        `UPDATE segments SET position = 2 WHERE content = ${content} AND position = 9`,
      ],
      "two parts swapped under each other's numbers": (content) => [
        `UPDATE segments SET position = 9 WHERE content = ${content} AND position = 1`,
        `UPDATE segments SET position = 1, number = 3 WHERE content = ${content} AND position = 2`,
        `UPDATE segments SET position = 2, number = 5 WHERE content = ${content} AND position = 9`,
      ],
      "numbers changed": (content) => [`UPDATE segments SET number = number + 1 WHERE content = ${content}`],
      "bytes moved from one part to the next": (content) => [
        `UPDATE segments SET size = size - 1, stored_size = stored_size - 1 WHERE content = ${content} AND position = 1`,
        `UPDATE segments SET size = size + 1, stored_size = stored_size + 1 WHERE content = ${content} AND position = 2`,
      ],
      "made one piece": () => [`UPDATE contents SET upload_id = NULL`],
    };
    for (const [name, statements] of Object.entries(rows)) {
      test(`is refused with ${name}`, async () => {
        await refuses(name, key, kind, () => {
          const { content } = stopped.object(key);
          for (const statement of statements(content)) stopped.sql(statement);
        });
      }, 30_000);
    }

    test("is cut or refused with the files of two parts swapped, or one of its twin's", async () => {
      const object = stopped.object(key);
      const twin = stopped.object(`${key}-twin`);
      await detects("files swapped", key, kind, () => {
        const [one, two] = [stopped.bytes(object, 1), stopped.bytes(object, 2)];
        stopped.setBytes(object, two, 1);
        stopped.setBytes(object, one, 2);
      });
      for (const position of [0, 1, 2, 3]) {
        await detects(
          `the twin's part ${position}`,
          key,
          kind,
          () => stopped.setBytes(object, stopped.bytes(twin, position), position),
        );
      }
    }, 30_000);
  });
}

describe("an SSE-C object that was completed without its key", () => {
  const [, kind] = KINDS;
  if (kind === undefined) throw new Error("two kinds");
  const late = (change: (content: number) => void) => async () =>
    await refuses("late", "c-late", kind, () => change(stopped.object("c-late").content));

  test("is read right while nobody touched it", async () => {
    const { outcomes } = await readTampered("c-late", partsOf("late", 1), kind);
    expect(new Set(Object.values(outcomes))).toEqual(new Set(["right"]));
    stopped.restore();
  });

  test(
    "is refused with a part gone",
    late((content) => {
      stopped.sql(
        "UPDATE objects SET size = size - 900, stored_size = stored_size - 932 WHERE key = 'c-late'",
      );
      stopped.sql("DELETE FROM segments WHERE content = ? AND position = 3", content);
    }),
  );

  test(
    "is refused with parts in another order",
    late((content) => {
      for (const [from, to] of [[1, 9], [2, 1], [9, 2]] as const) {
        stopped.sql("UPDATE segments SET position = ? WHERE content = ? AND position = ?", to, content, from);
      }
    }),
  );

  for (const key of ["c-late", "c-parts"]) {
    test(`is refused with metadata that was edited or is missing (${key}, its record unsealed)`, async () => {
      const object = stopped.object(key);
      const unsealed = without(object.metadata, (name) => name === RECORD_SEAL);
      for (
        const metadata of [
          { ...unsealed, "content-type": "text/html" },
          { ...unsealed, "X-Amz-Meta-Added": "by an intruder" },
          without(unsealed, (name) => name === "content-type"),
          without(unsealed, (name) => name === UPLOAD_SEAL),
        ]
      ) await refuses("edited", key, kind, () => stopped.setMetadata(stopped.object(key), metadata));
    }, 30_000);
  }

  test(
    "is refused with another ETag",
    late(() => {
      stopped.sql("UPDATE objects SET etag = ? WHERE key = 'c-late'", `${md5("other")}-4`);
    }),
  );
});

test("bytes behind the end of an object are not part of it", async () => {
  for (
    const [kind, key] of KINDS.flatMap((kind) =>
      SHAPES.map((shape) => [kind, `${kind.name}-${shape}`] as const)
    )
  ) {
    try {
      const object = stopped.object(key);
      const last = Math.max(0, object.files.length - 1);
      stopped.setBytes(object, Buffer.concat([stopped.bytes(object, last), Buffer.from("more")]), last);
      const { outcomes } = await readTampered(key, partsOf(key.replace(/^\w+-/, ""), 1), kind);
      expect(new Set(Object.values(outcomes))).toEqual(new Set(["right"]));
    } finally {
      stopped.restore();
    }
  }
});

test("two keys that MinIO takes for one path do not stand in for each other", async () => {
  const [kind] = KINDS;
  if (kind === undefined) throw new Error("two kinds");
  try {
    stopped.sql("DELETE FROM objects WHERE key = 'a/b'");
    stopped.sql("UPDATE objects SET key = 'a/b' WHERE key = 'a//b'");
    await using served = await serveScene({ directory: scene.directory }, certificate.directory);
    const answer = await served.send({ method: "GET", target: "/box/a/b" });
    expect([answer.status, answer.body.toString()]).toEqual([
      500,
      expect.stringContaining("XMinioObjectTampered"),
    ]);
  } finally {
    stopped.restore();
  }
});

test("a listing shows an ETag that was damaged as one that tells nothing, and everything else as it is", async () => {
  try {
    stopped.sql(
      "UPDATE objects SET etag = substr(etag, 1, 30) || 'AAAA' || substr(etag, 35) WHERE key = 's3-small'",
    );
    await using served = await serveScene({ directory: scene.directory }, certificate.directory);
    const list = (await served.send({ method: "GET", target: "/box?list-type=2" })).body.toString();
    expect(list).toMatch(/<Key>s3-small<\/Key>.*?<ETag>&#34;[0-9a-f]{32}&#34;/);
    expect(list).toContain(md5(partsOf("large", 1)[0] ?? ""));
    expect(list).not.toContain(md5(partsOf("small", 1)[0] ?? ""));
  } finally {
    stopped.restore();
  }
});

test("what was found is told in the log, with the object and without its key", async () => {
  try {
    stopped.sql("UPDATE objects SET size = size - 1 WHERE key = 'c-small'");
    await using served = await serveScene({ directory: scene.directory }, certificate.directory);
    await served.send({ method: "GET", target: "/box/c-small", headers: customer(1) });
    expect(served.logged()).toContain("API: GetObject(bucket=box, object=c-small)");
    expect(served.logged()).toContain("the sizes of the object do not belong together");
    expect(served.logged()).not.toContain(Buffer.alloc(32, 1).toString("base64"));
  } finally {
    stopped.restore();
  }
});
