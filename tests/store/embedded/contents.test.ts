import { test } from "bun:test";
import { openDatabase } from "../../../src/store/embedded/database.ts";
import { openEmbeddedStore } from "../../../src/store/embedded/open.ts";
import { bytesOf, expectCode, put } from "../../conformance/fixture.ts";
import { testDirectories } from "./directory.ts";

const newDirectory = testDirectories();

test("an object whose content is gone was tampered with, and is not a key that does not exist", async () => {
  const directory = await newDirectory();
  const store = await openEmbeddedStore(directory);
  await store.createBucket("bucket");
  await put(store, "bucket", "key", bytesOf(10));
  await store.close();
  const database = openDatabase(directory, 0);
  database.exec("DELETE FROM contents");
  database.close();

  const reopened = await openEmbeddedStore(directory);
  await expectCode(reopened.head("bucket", "key"), "XMinioObjectTampered");
  await expectCode(reopened.open("bucket", "key"), "XMinioObjectTampered");
  await reopened.close();
});
