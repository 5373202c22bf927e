import { describe, expect, test } from "bun:test";
import { md5 } from "../s3/upload-fixture.ts";
import { RECORD_SEAL, UPLOAD_SEAL } from "../../src/sse/metadata.ts";
import {
  detects,
  KINDS,
  partsOf,
  readTampered,
  refuses,
  stopped,
  tamperedScene,
  without,
} from "./tampered-scene.ts";

tamperedScene();

for (const kind of KINDS) {
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
