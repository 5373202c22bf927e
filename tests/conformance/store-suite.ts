import { describe } from "bun:test";
import { bucketSuite } from "./bucket-suite.ts";
import { conditionSuite } from "./condition-suite.ts";
import type { Lack, MakeStore } from "./fixture.ts";
import { keySuite } from "./key-suite.ts";
import { type Limits, NO_LIMITS } from "./limits.ts";
import { limitSuite } from "./limit-suite.ts";
import { listingSuite } from "./listing-suite.ts";
import { objectSuite } from "./object-suite.ts";
import { readSuite } from "./read-suite.ts";
import { reopenSuite } from "./reopen-suite.ts";
import { uploadListingSuite } from "./upload-listing-suite.ts";
import { uploadSuite } from "./upload-suite.ts";

/**
 * Everything that the `Store` contract promises, for any store.
 * @param make gives an empty one each time
 * @param limits what it cannot express
 * @param lacks what it does not promise
 */
export function describeStore(
  name: string,
  make: MakeStore,
  limits: Limits = NO_LIMITS,
  lacks: readonly Lack[] = [],
): void {
  describe(name, () => {
    bucketSuite(make);
    objectSuite(make, lacks);
    keySuite(make, limits, lacks);
    limitSuite(make, limits);
    conditionSuite(make, lacks);
    readSuite(make, lacks);
    listingSuite(make, limits);
    uploadSuite(make, lacks);
    uploadListingSuite(make, limits);
    reopenSuite(make, lacks);
  });
}
