import { expect, test } from "bun:test";
import fc from "fast-check";
import { DateWriter } from "../../../src/s3/listing/date-writer.ts";

test("Dates are written as Date.toISOString writes them, in whatever order they come", () => {
  const near = fc.array(fc.integer({ min: 1_764_000_000_000, max: 1_764_000_004_000 }));
  const far = fc.array(fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 }));
  fc.assert(fc.property(fc.oneof(near, far), (times) => {
    const dates = new DateWriter();
    for (const ms of times) expect(dates.write(ms)).toBe(new Date(ms).toISOString());
  }));
});
