import { expect, test } from "bun:test";
import fc from "fast-check";
import { parseDuration } from "../../src/config/duration.ts";

test.each([
  ["0s", 0],
  ["500ms", 500],
  ["10s", 10_000],
  ["2m", 120_000],
  ["1h", 3_600_000],
])("%s is %d milliseconds", (text, milliseconds) => {
  expect(parseDuration(text)).toBe(milliseconds);
});

test.each(["", "10", "s", "-1s", "1.5s", "1 s", "10S", "1d", "600h", "9999999999ms", "10s\n"])(
  "%j is no duration",
  (text) => {
    expect(parseDuration(text)).toBeNaN();
  },
);

test("whatever the text, the result is none or a time that a timer takes", () => {
  fc.assert(fc.property(fc.string(), (text) => {
    const duration = parseDuration(text);
    return Number.isNaN(duration) || (duration >= 0 && duration < 2 ** 31);
  }));
});
