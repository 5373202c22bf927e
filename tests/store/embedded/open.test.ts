import { describe, expect, test } from "bun:test";
import { spawn, spawnSync } from "node:child_process";
import { chmod, copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { DatabaseSync } from "node:sqlite";
import { openDatabase } from "../../../src/store/embedded/database.ts";
import { openEmbeddedStore } from "../../../src/store/embedded/open.ts";
import { StartError, type StartFault } from "../../../src/store/start-error.ts";
import { bytesOf, put, readObject } from "../../conformance/fixture.ts";
import { installedRuntimes, RUNTIME_COMMANDS } from "../../running-server.ts";
import { testDirectories } from "./directory.ts";

const OPEN = new URL("../../../src/store/embedded/open.ts", import.meta.url).href;

describe("openEmbeddedStore", () => {
  const newDirectory = testDirectories();

  const expectFault = async (directory: string, fault: StartFault, ...said: string[]) => {
    const thrown = await openEmbeddedStore(directory, { lockTimeout: 0 }).catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(StartError);
    expect(thrown).toHaveProperty("fault", fault);
    for (const words of [directory, ...said]) {
      expect(thrown).toHaveProperty("message", expect.stringContaining(words));
    }
  };

  test("creates a missing directory with all of its parents", async () => {
    const directory = join(await newDirectory(), "a", "b");
    const store = await openEmbeddedStore(directory);
    await store.createBucket("bucket");
    await store.close();
    expect((await readdir(directory)).sort()).toEqual(["blobs", "store.db"]);
  });

  test("has a new database complete in its file, and every later change flushed", async () => {
    const directory = await newDirectory();
    const store = await openEmbeddedStore(directory);
    // Without its log, which a power cut leaves behind only together with a file that is more than nothing.
    await copyFile(join(directory, "store.db"), join(directory, "copy.db"));
    const copy = new DatabaseSync(join(directory, "copy.db"));
    const tables = copy.prepare("SELECT count(*) AS tables FROM sqlite_schema").get();
    copy.close();
    expect(tables?.["tables"]).toBeGreaterThan(0);
    await store.close();
    const database = openDatabase(directory, 0);
    expect(database.prepare("PRAGMA synchronous").get()).toEqual({ synchronous: 2 });
    database.close();
    const begun = openDatabase(await newDirectory(), 0);
    expect(begun.prepare("PRAGMA synchronous").get()).toEqual({ synchronous: 2 });
    begun.close();
  });

  test("refuses a directory that another store of this process has open, until that one is closed", async () => {
    const directory = await newDirectory();
    const store = await openEmbeddedStore(directory);
    await expectFault(directory, "locked", "in use by another server", "Stop that one first");
    await store.createBucket("bucket");
    await store.close();
    const next = await openEmbeddedStore(directory);
    expect(await next.getBucket("bucket")).toBeDefined();
    await next.close();
  });

  test("refuses a directory of another process, until that one is killed", async () => {
    const directory = await newDirectory();
    const script = `
      const { openEmbeddedStore } = await import(${JSON.stringify(OPEN)});
      const store = await openEmbeddedStore(${JSON.stringify(directory)});
      await store.createBucket("bucket");
      async function* body() { yield new Uint8Array(100_000).fill(7); }
      const attributes = () => ({ size: 100_000, etag: "e", metadata: {} });
      await store.putObject({ bucket: "bucket", key: "key", body: body(), attributes });
      process.stdout.write("open");
      setInterval(() => {}, 1000);
    `;
    const other = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    const exited = new Promise((resolve) => other.once("exit", resolve));
    try {
      await new Promise((resolve) => other.stdout.once("data", resolve));
      await expectFault(directory, "locked");
    } finally {
      other.kill("SIGKILL");
      await exited;
    }
    const store = await openEmbeddedStore(directory);
    const bytes = await readObject(store, "bucket", "key");
    expect(bytes?.equals(new Uint8Array(100_000).fill(7))).toBe(true);
    await store.close();
  });

  test("refuses a path that is a file, or leads through one", async () => {
    const file = join(await newDirectory(), "file");
    await writeFile(file, "");
    await expectFault(file, "not-a-directory", "Name a directory");
    await expectFault(join(file, "data"), "not-a-directory");
  });

  test.skipIf(process.getuid?.() === 0)("refuses a directory that it cannot write", async () => {
    const directory = await newDirectory();
    await chmod(directory, 0o500);
    await expectFault(directory, "not-writable", "write access");
    await chmod(directory, 0o700);
  });

  for (const runtime of process.getuid?.() === 0 ? installedRuntimes() : []) {
    test(`takes a directory without write bits on ${runtime} from root, who may write it all the same`, async () => {
      const directory = await newDirectory();
      const script = join(directory, "open.ts");
      await writeFile(
        script,
        `import process from "node:process";
         import { openEmbeddedStore } from ${JSON.stringify(OPEN)};
         await (await openEmbeddedStore(process.argv[2])).close();`,
      );
      const data = join(directory, "data");
      await mkdir(data, { mode: 0o500 });
      const [command, ...words] = RUNTIME_COMMANDS[runtime];
      const { status, stderr } = spawnSync(command, [...words, script, data], { encoding: "utf8" });
      expect([status, stderr.replace(/^.*warning.*$/gim, "").trim()]).toEqual([0, ""]);
      expect((await readdir(data)).sort()).toEqual(["blobs", "store.db"]);
    });
  }

  test("brings format 1 to this one, with all objects and their storage classes", async () => {
    const directory = await newDirectory();
    const database = new DatabaseSync(join(directory, "store.db"));
    database.exec(await readFile(join(import.meta.dir, "format-1.sql"), "utf8"));
    database.close();
    for (const _time of ["upgraded", "opened again"]) {
      const store = await openEmbeddedStore(directory);
      const { objects } = await store.listObjects({
        bucket: "box",
        prefix: "",
        delimiter: "",
        after: "",
        limit: 10,
      });
      expect(objects.map(({ key, size, storageClass }) => [key, size, storageClass])).toEqual([
        ["plain", 5, undefined],
        ["reduced", 7, "REDUCED_REDUNDANCY"],
      ]);
      expect((await readObject(store, "box", "reduced"))?.toString()).toBe("reduced");
      await store.close();
    }
  });

  test("refuses a newer format and leaves it untouched", async () => {
    const directory = await newDirectory();
    await (await openEmbeddedStore(directory)).close();
    const database = new DatabaseSync(join(directory, "store.db"));
    database.exec("PRAGMA user_version = 99");
    database.close();
    await expectFault(directory, "newer-format", "99", "Start the newer release");
  });

  test("refuses the database of another program", async () => {
    const directory = await newDirectory();
    const database = new DatabaseSync(join(directory, "store.db"));
    database.exec("CREATE TABLE theirs (id INTEGER)");
    database.close();
    await expectFault(directory, "damaged", "some other program");
  });

  test("refuses a file that is no database", async () => {
    const directory = await newDirectory();
    await writeFile(join(directory, "store.db"), bytesOf(10_000));
    await expectFault(directory, "damaged", "Restore");
  });

  test("refuses a directory in MinIO's file system layout, unless it is already ours", async () => {
    const theirs = await newDirectory();
    await mkdir(join(theirs, ".minio.sys"));
    await writeFile(join(theirs, ".minio.sys", "format.json"), '{"version":"1","format":"fs"}');
    await expectFault(theirs, "minio-fs-layout", "gateway nas");
    expect(await readdir(theirs)).toEqual([".minio.sys"]);

    const ours = await newDirectory();
    await (await openEmbeddedStore(ours)).close();
    await mkdir(join(ours, ".minio.sys"));
    await writeFile(join(ours, ".minio.sys", "format.json"), "{}");
    await (await openEmbeddedStore(ours)).close();
  });

  test("leaves files beside its own alone", async () => {
    const directory = await newDirectory();
    await mkdir(join(directory, "lost+found"));
    const store = await openEmbeddedStore(directory);
    await store.createBucket("bucket");
    await put(store, "bucket", "key", bytesOf(10));
    await store.close();
    expect((await readdir(directory)).sort()).toEqual(["blobs", "lost+found", "store.db"]);
  });
});
