import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openFsStore } from "../../src/store/fs/open.ts";
import { describeStore } from "../conformance/store-suite.ts";
import { FS_LIMITS } from "./fs/limits.ts";

describeStore("the store in MinIO's FS layout", async () => {
  const directory = await mkdtemp(join(tmpdir(), "fs-store-"));
  const store = await openFsStore(directory);
  let current = store;
  return {
    store,
    async reopen() {
      await current.close();
      current = await openFsStore(directory);
      return current;
    },
    async remove() {
      await current.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}, FS_LIMITS);
