import { describe, expect, test } from "bun:test";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { fromStored, pastPrefix, toStored } from "../../../src/store/embedded/stored-text.ts";
import { AWKWARD_KEYS } from "../../conformance/key-suite.ts";
import { inByteOrder } from "../../conformance/fixture.ts";

const keys = fc.oneof(
  fc.constantFrom(...AWKWARD_KEYS),
  fc.string({ unit: "binary" }),
  fc.array(fc.constantFrom("\0", "\x01", "\x02", "a", "\u{10ffff}", "\ud7ff"), { maxLength: 6 })
    .map((letters) => letters.join("")),
);

describe("stored text", () => {
  test("holds no NUL and gives the text back", () => {
    fc.assert(fc.property(keys, (key) => {
      expect(toStored(key)).not.toContain("\0");
      expect(fromStored(toStored(key))).toBe(key);
    }));
  });

  test("sorts as the text does, in UTF-8 bytes", () => {
    fc.assert(fc.property(keys, keys, (a, b) => {
      expect(Math.sign(inByteOrder(toStored(a), toStored(b)))).toBe(Math.sign(inByteOrder(a, b)));
    }));
  });

  test("has the prefixes of the text", () => {
    fc.assert(fc.property(keys, keys, (a, b) => {
      expect(toStored(a + b).startsWith(toStored(a))).toBe(true);
      expect(toStored(b).startsWith(toStored(a))).toBe(b.startsWith(a));
    }));
  });

  test("comes back from SQLite as it went in", () => {
    const database = new DatabaseSync(":memory:");
    database.exec("CREATE TABLE t (key TEXT PRIMARY KEY) STRICT, WITHOUT ROWID");
    const insert = database.prepare("INSERT INTO t VALUES (?)");
    for (const key of AWKWARD_KEYS) insert.run(toStored(key));
    const rows = database.prepare("SELECT key FROM t ORDER BY key").all();
    expect(rows.map((row) => fromStored(`${row["key"]}`))).toEqual([...AWKWARD_KEYS].sort(inByteOrder));
    database.close();
  });

  test("pastPrefix lies behind every text with the prefix and before every later one", () => {
    const database = new DatabaseSync(":memory:");
    const isBefore = database.prepare("SELECT CAST(? AS TEXT) < ? AS yes");
    fc.assert(
      fc.property(keys, keys, (prefix, key) => {
        const before = isBefore.get(toStored(key), pastPrefix(toStored(prefix)))?.["yes"] === 1;
        expect(before).toBe(key.startsWith(prefix) || inByteOrder(key, prefix) < 0);
      }),
      { examples: [["\ud7ff", "\ue000"], ["\u{10ffff}", "\u{10ffff}a"], ["a\u{10ffff}", "b"], ["", "a"]] },
    );
    database.close();
  });
});
