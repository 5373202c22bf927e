import type { Store } from "../../src/store/store.ts";
import type { TestStore } from "../conformance/fixture.ts";
import { type Limits, NO_LIMITS } from "../conformance/limits.ts";
import { describeStore } from "../conformance/store-suite.ts";
import { allSealed } from "./s3/all-sealed.ts";
import { openRemoteStore } from "../../src/store/s3/open.ts";
import { BACKEND_KMS, startBackend } from "./s3/backend.ts";
import { FOREIGN_URL, foreignBackend } from "./s3/foreign-backend.ts";

async function make(encrypts: boolean, seen: (store: Store) => Store): Promise<TestStore> {
  const backend =
    await (FOREIGN_URL === undefined ? startBackend({ kms: BACKEND_KMS }) : foreignBackend(FOREIGN_URL));
  const open = () => openRemoteStore({ ...backend.options, encrypts });
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

/** Keys that servers of others refuse. */
const LIMITS: Limits = FOREIGN_URL === undefined
  ? NO_LIMITS
  : { ...NO_LIMITS, refusedKeys: [[/\0/, "InvalidRequest"]] };

/** What no store promises that is another server. */
const REMOTE = ["held bytes", "small parts", "documents", "deleted records"] as const;

describeStore("the pass-through store", () => make(false, (store) => store), LIMITS, [
  ...REMOTE,
  "any attributes",
  "one completion",
]);
describeStore("the gateway store with plain objects", () => make(true, (store) => store), LIMITS, [
  ...REMOTE,
  "any attributes",
  "one completion",
]);
describeStore("the gateway store with encrypted objects", () => make(true, allSealed), LIMITS, [
  ...REMOTE,
  "long keys",
]);
