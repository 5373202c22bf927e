import type { Store } from "../../src/store/store.ts";
import type { TestStore } from "../conformance/fixture.ts";
import { NO_LIMITS } from "../conformance/limits.ts";
import { describeStore } from "../conformance/store-suite.ts";
import { allSealed } from "./s3/all-sealed.ts";
import { BACKEND_KMS, remoteStore, startBackend } from "./s3/backend.ts";

async function make(encrypts: boolean, seen: (store: Store) => Store): Promise<TestStore> {
  const backend = await startBackend({ kms: BACKEND_KMS });
  const open = () => remoteStore(backend, { encrypts });
  const store = await open();
  let current = store;
  return {
    store: seen(store),
    async reopen() {
      await current.close();
      current = await open();
      return seen(current);
    },
    async remove() {
      await current.close();
      await backend.close();
    },
  };
}

/** What no store promises that is another server. */
const REMOTE = ["held bytes", "small parts", "documents", "deleted records"] as const;

describeStore("the pass-through store", () => make(false, (store) => store), NO_LIMITS, [
  ...REMOTE,
  "any attributes",
  "one completion",
]);
describeStore("the gateway store with plain objects", () => make(true, (store) => store), NO_LIMITS, [
  ...REMOTE,
  "any attributes",
  "one completion",
]);
describeStore("the gateway store with encrypted objects", () => make(true, allSealed), NO_LIMITS, [
  ...REMOTE,
  "long keys",
]);
