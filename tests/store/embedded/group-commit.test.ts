import { describe, expect, test } from "bun:test";
import { DatabaseSync } from "node:sqlite";
import { S3Error } from "../../../src/errors/s3-error.ts";
import { GroupCommit } from "../../../src/store/embedded/group-commit.ts";
import { expectCode } from "../../conformance/fixture.ts";

describe("GroupCommit", () => {
  const make = () => {
    const database = new DatabaseSync(":memory:");
    database.exec("CREATE TABLE t (n INTEGER PRIMARY KEY) STRICT");
    const insert = database.prepare("INSERT INTO t VALUES (?)");
    const all = database.prepare("SELECT n FROM t ORDER BY n");
    return {
      database,
      commit: new GroupCommit(database),
      insert: (n: number) => insert.run(n),
      rows: () => all.all().map((row) => row["n"]),
    };
  };

  test("jobs of one turn run in one transaction, in their order", async () => {
    const { commit, insert, rows, database } = make();
    const seen: unknown[] = [];
    const first = commit.submit(() => {
      insert(1);
      return "first";
    });
    const second = commit.submit(() => {
      seen.push(...rows());
      expect(() => database.exec("BEGIN")).toThrow("within a transaction");
      return "second";
    });
    expect(rows()).toEqual([]);
    expect(await Promise.all([first, second])).toEqual(["first", "second"]);
    expect(seen).toEqual([1]);
  });

  test("a promise settles only after the commit, and `committed` runs before it", async () => {
    const { commit, insert, database } = make();
    const steps: string[] = [];
    await commit.submit(() => insert(1), () => {
      database.exec("BEGIN; ROLLBACK");
      steps.push("committed");
    }).then(() => steps.push("settled"));
    expect(steps).toEqual(["committed", "settled"]);
  });

  test("an S3Error rejects its own job only", async () => {
    const { commit, insert, rows } = make();
    let runs = 0;
    const results = await Promise.allSettled([
      commit.submit(() => {
        runs++;
        insert(1);
      }),
      commit.submit(() => {
        throw new S3Error("NoSuchKey");
      }),
      commit.submit(() => insert(2)),
    ]);
    expect(results.map((result) => result.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(rows()).toEqual([1, 2]);
    expect(runs).toBe(1);
  });

  test("any other error undoes its own job and leaves the others standing", async () => {
    const { commit, insert, rows } = make();
    const committed: number[] = [];
    const results = await Promise.allSettled([
      commit.submit(() => insert(1), () => committed.push(1)),
      commit.submit(() => {
        insert(2);
        throw new TypeError("a bug");
      }, () => committed.push(2)),
      commit.submit(() => insert(1), () => committed.push(3)),
      commit.submit(() => insert(4), () => committed.push(4)),
    ]);
    expect(results.map((result) => result.status)).toEqual([
      "fulfilled",
      "rejected",
      "rejected",
      "fulfilled",
    ]);
    expect(results[1]).toHaveProperty("reason.message", "a bug");
    expect(rows()).toEqual([1, 4]);
    expect(committed).toEqual([1, 4]);
  });

  test("a full database answers XMinioStorageFull, keeps what was there, and works again with room", async () => {
    const { commit, insert, rows, database } = make();
    database.exec("CREATE TABLE blobs (b BLOB)");
    const insertBlob = database.prepare("INSERT INTO blobs VALUES (zeroblob(1000000))");
    await commit.submit(() => insert(1));
    database.exec("PRAGMA max_page_count = 20");
    const full = commit.submit(() => {
      insert(2);
      insertBlob.run();
    });
    const fits = commit.submit(() => insert(3));
    await expectCode(full, "XMinioStorageFull");
    await fits;
    expect(rows()).toEqual([1, 3]);
    database.exec("PRAGMA max_page_count = 10000");
    await commit.submit(() => insertBlob.run());
  });

  test("closing commits what was submitted and takes no more", async () => {
    const { commit, insert, rows } = make();
    const last = commit.submit(() => insert(1));
    commit.close();
    expect(rows()).toEqual([1]);
    await last;
    await expect(commit.submit(() => insert(2))).rejects.toThrow("closed");
  });
});
