import { expect, test } from "bun:test";
import fc from "fast-check";
import { httpDate, isoDate, parseHttpDate } from "../../src/s3/dates.ts";

const INSTANT = Date.UTC(1994, 10, 6, 8, 49, 37);

test("the three forms of RFC 9110 name the same instant", () => {
  expect(parseHttpDate("Sun, 06 Nov 1994 08:49:37 GMT")).toBe(INSTANT);
  expect(parseHttpDate("Sunday, 06-Nov-94 08:49:37 GMT")).toBe(INSTANT);
  expect(parseHttpDate("Sun Nov  6 08:49:37 1994")).toBe(INSTANT);
});

test("dates are written in the form of headers and in the form of documents", () => {
  expect(httpDate(INSTANT + 999)).toBe("Sun, 06 Nov 1994 08:49:37 GMT");
  expect(isoDate(INSTANT + 7)).toBe("1994-11-06T08:49:37.007Z");
});

test("what is no date of HTTP is no date", () => {
  for (
    const text of [
      "",
      "now",
      "0",
      "1994-11-06T08:49:37Z",
      "Sun, 06 Nov 1994 08:49:37",
      "Sun, 06 Nov 1994 08:49:37 CET",
      "Sun, 31 Feb 1994 08:49:37 GMT",
      "Sun, 06 Foo 1994 08:49:37 GMT",
      "Sun, 06 Nov 1994 24:00:00 GMT",
      "Sun, 06 Nov 1994 08:60:37 GMT",
      "Sun, 00 Nov 1994 08:49:37 GMT",
    ]
  ) expect(parseHttpDate(text)).toBeUndefined();
});

test("a date that was written is read back to the second", () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 253_402_300_799 }), (seconds) => {
    expect(parseHttpDate(httpDate(seconds * 1000 + 500))).toBe(seconds * 1000);
  }));
});
