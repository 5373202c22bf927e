import { describe } from "bun:test";
import { bucketSuite } from "./bucket-suite.ts";
import { conditionSuite } from "./condition-suite.ts";
import type { MakeStore } from "./fixture.ts";
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
 */
export function describeStore(name: string, make: MakeStore, limits: Limits = NO_LIMITS): void {
  describe(name, () => {
    bucketSuite(make);
    objectSuite(make);
    keySuite(make, limits);
    limitSuite(make, limits);
    conditionSuite(make);
    readSuite(make);
    listingSuite(make, limits);
    uploadSuite(make);
    uploadListingSuite(make, limits);
    reopenSuite(make);
  });
}
