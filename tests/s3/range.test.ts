import { expect, test } from "bun:test";
import fc from "fast-check";
import { S3Error } from "../../src/errors/s3-error.ts";
import {
  type ByteRange,
  contentRange,
  parseCopyRange,
  parsePartNumber,
  parseRange,
} from "../../src/s3/range.ts";

function failure(act: () => unknown): S3Error {
  try {
    act();
  } catch (thrown) {
    if (thrown instanceof S3Error) return thrown;
    throw thrown;
  }
  throw new Error("it was expected to fail");
}

test("a range selects the bytes between its ends, both included", () => {
  expect(parseRange("bytes=0-0", 10)).toEqual({ start: 0, length: 1 });
  expect(parseRange("bytes=2-5", 10)).toEqual({ start: 2, length: 4 });
  expect(parseRange("bytes=9-9", 10)).toEqual({ start: 9, length: 1 });
  expect(parseRange("Bytes=2-5", 10)).toEqual({ start: 2, length: 4 });
});

test("a range without its end, or with one beyond the object, runs to the last byte", () => {
  expect(parseRange("bytes=4-", 10)).toEqual({ start: 4, length: 6 });
  expect(parseRange("bytes=4-10", 10)).toEqual({ start: 4, length: 6 });
  expect(parseRange(`bytes=4-${"9".repeat(400)}`, 10)).toEqual({ start: 4, length: 6 });
});

test("a suffix selects the last bytes, at most all of them", () => {
  expect(parseRange("bytes=-3", 10)).toEqual({ start: 7, length: 3 });
  expect(parseRange("bytes=-11", 10)).toEqual({ start: 0, length: 10 });
});

test("the last bytes of an empty object are all of it, as MinIO's gateway expects", () => {
  expect(parseRange("bytes=-1", 0)).toBeUndefined();
});

test("a range without a byte of the object is InvalidRange and tells the size", () => {
  for (
    const [header, size] of [
      ["bytes=10-", 10],
      ["bytes=10-20", 10],
      ["bytes=-0", 10],
      ["bytes=0-", 0],
      ["bytes=0-0", 0],
      ["bytes=-0", 0],
      [`bytes=${"9".repeat(400)}-`, 10],
    ] as const
  ) {
    const error = failure(() => parseRange(header, size));
    expect(error.code).toBe("InvalidRange");
    expect(error.status).toBe(416);
    expect(error.headers["Content-Range"]).toBe(`bytes */${size}`);
    expect(error.fields).toEqual({ RangeRequested: header, ActualObjectSize: String(size) });
  }
});

test("what is no single range means the whole object", () => {
  for (
    const header of [
      "",
      "bytes",
      "bytes=",
      "bytes=-",
      "bytes=5-3",
      "bytes=0-1,3-4",
      "bytes=a-b",
      "bytes=1.5-2",
      "bytes=+1-2",
      "bytes=--1",
      "items=0-1",
      "0-1",
      `bytes=${" ".repeat(30_000)}1-2`,
    ]
  ) expect(parseRange(header, 10)).toBeUndefined();
});

test("ranges agree with a slice of the bytes themselves", () => {
  const edge = fc.option(fc.nat(25), { nil: undefined });
  fc.assert(
    fc.property(edge, edge, fc.nat(20), (first, last, size) => {
      const bytes = Array.from({ length: size }, (_, index) => index);
      const wanted = first === undefined
        ? last === undefined || size === 0 && last > 0 ? undefined : last === 0 ? [] : bytes.slice(-last)
        : last !== undefined && last < first
        ? undefined
        : bytes.slice(first, last === undefined ? undefined : last + 1);
      let got: ByteRange | undefined;
      try {
        got = parseRange(`bytes=${first ?? ""}-${last ?? ""}`, size);
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(S3Error);
        expect(wanted).toEqual([]);
        return;
      }
      expect(got === undefined ? undefined : bytes.slice(got.start, got.start + got.length)).toEqual(wanted);
      if (got !== undefined) expect(got.length).toBeGreaterThan(0);
    }),
    { numRuns: 2000 },
  );
});

test("no Range header whatever makes anything but a range within the object or InvalidRange", () => {
  const header = fc.oneof(
    fc.string(),
    fc.string({ unit: fc.constantFrom(..."bytes=-,0123456789 ") }).map((rest) => `bytes=${rest}`),
  );
  fc.assert(fc.property(header, fc.integer({ min: 0, max: 5 * 2 ** 40 }), (text, size) => {
    try {
      const range = parseRange(text, size);
      if (range === undefined) return;
      expect(range.start).toBeGreaterThanOrEqual(0);
      expect(range.length).toBeGreaterThan(0);
      expect(range.start + range.length).toBeLessThanOrEqual(size);
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(S3Error);
    }
  }));
});

test("a copy range is taken as it is", () => {
  expect(parseCopyRange("bytes=0-9", 10)).toEqual({ start: 0, length: 10 });
  expect(parseCopyRange("bytes=3-3", 10)).toEqual({ start: 3, length: 1 });
});

test("a copy range that is malformed or leaves the source is InvalidArgument", () => {
  for (const text of ["", "bytes=0-", "bytes=-3", "bytes=4-3", "bytes=0-1,2-3", "bytes = 0-1", "Bytes=0-1"]) {
    expect(failure(() => parseCopyRange(text, 10)).message).toContain("must be of the form bytes=first-last");
  }
  expect(failure(() => parseCopyRange("bytes=0-10", 10)).message)
    .toBe("Range specified is not valid for source object of size: 10");
  expect(failure(() => parseCopyRange(`bytes=0-${"9".repeat(400)}`, 10)).code).toBe("InvalidArgument");
});

test("a part number is a decimal from 1 to 10000", () => {
  expect(parsePartNumber("1")).toBe(1);
  expect(parsePartNumber("10000")).toBe(10000);
  for (const text of ["", "0", "10001", "-1", "+1", "1.0", "1e3", "0x1", " 1", "9".repeat(400)]) {
    expect(failure(() => parsePartNumber(text)).code).toBe("InvalidArgument");
  }
});

test("Content-Range names the first and last byte and the size", () => {
  expect(contentRange({ start: 2, length: 3 }, 10)).toBe("bytes 2-4/10");
});
