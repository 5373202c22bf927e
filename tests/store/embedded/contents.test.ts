import { expect, test } from "bun:test";
import { openDatabase } from "../../../src/store/embedded/database.ts";
import { openEmbeddedStore } from "../../../src/store/embedded/open.ts";
import { bytesOf, put } from "../../conformance/fixture.ts";
import { testDirectories } from "./directory.ts";

const newDirectory = testDirectories();

test("an object whose content is gone is a fault of the database, not a key that does not exist", async () => {
  const directory = await newDirectory();
  const store = await openEmbeddedStore(directory);
  await store.createBucket("bucket");
  await put(store, "bucket", "key", bytesOf(10));
  await store.close();
  const database = openDatabase(directory, 0);
  database.exec("DELETE FROM contents");
  database.close();

  const reopened = await openEmbeddedStore(directory);
  expect(reopened.head("bucket", "key")).rejects.toThrow("has lost content 1");
  expect(reopened.open("bucket", "key")).rejects.toThrow("has lost content 1");
  await reopened.close();
});
