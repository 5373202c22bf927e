import { describe } from "bun:test";
import { bucketSuite } from "./bucket-suite.ts";
import { conditionSuite } from "./condition-suite.ts";
import type { MakeStore } from "./fixture.ts";
import { keySuite } from "./key-suite.ts";
import { listingSuite } from "./listing-suite.ts";
import { objectSuite } from "./object-suite.ts";
import { readSuite } from "./read-suite.ts";
import { reopenSuite } from "./reopen-suite.ts";
import { uploadListingSuite } from "./upload-listing-suite.ts";
import { uploadSuite } from "./upload-suite.ts";

/** Everything that the `Store` contract promises, for any store. `make` gives an empty one each time. */
export function describeStore(name: string, make: MakeStore): void {
  describe(name, () => {
    bucketSuite(make);
    objectSuite(make);
    keySuite(make);
    conditionSuite(make);
    readSuite(make);
    listingSuite(make);
    uploadSuite(make);
    uploadListingSuite(make);
    reopenSuite(make);
  });
}
