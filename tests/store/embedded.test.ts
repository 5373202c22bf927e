import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEmbeddedStore } from "../../src/store/embedded/open.ts";
import { describeStore } from "../conformance/store-suite.ts";

describeStore("the embedded store", async () => {
  const directory = await mkdtemp(join(tmpdir(), "embedded-store-"));
  const store = await openEmbeddedStore(directory);
  let current = store;
  return {
    store,
    async reopen() {
      await current.close();
      current = await openEmbeddedStore(directory);
      return current;
    },
    async remove() {
      await current.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
});
