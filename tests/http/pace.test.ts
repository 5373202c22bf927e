import { expect, test } from "bun:test";
import fc from "fast-check";
import { Pace } from "../../src/http/pace.ts";

const LIMITS = { silence: 120_000, rate: 500 };

/** Whether a client that brings `bytes` every `pause` milliseconds is still waited for after `times` of it. */
function lasts(limits: typeof LIMITS, bytes: number, pause: number, times: number): boolean {
  const pace = new Pace(limits);
  for (let i = 0; i < times; i++) {
    if (pace.left < pause) return false;
    pace.moved(bytes, pause);
  }
  return true;
}

test("a client may be silent for so long, and not longer", () => {
  expect(lasts(LIMITS, 60_000, 120_000, 100)).toBe(true);
  expect(lasts(LIMITS, 60_000, 120_001, 1)).toBe(false);
});

test("a client that drips a byte at a time is given up soon after the longest silence", () => {
  expect(lasts(LIMITS, 1, 100_000, 2)).toBe(false);
  expect(lasts(LIMITS, 1, 1000, 119)).toBe(true);
  expect(lasts(LIMITS, 1, 1000, 122)).toBe(false);
});

test("a client that is never silent for long and faster than the lowest rate is never given up", () => {
  fc.assert(fc.property(
    fc.array(fc.record({ pause: fc.integer({ min: 0, max: 60_000 }), more: fc.nat(100_000) }), {
      maxLength: 50,
    }),
    (moves) => {
      const pace = new Pace(LIMITS);
      for (const { pause, more } of moves) {
        expect(pace.left).toBeGreaterThan(pause);
        pace.moved(Math.ceil((pause * LIMITS.rate) / 1000) + more, pause);
      }
    },
  ));
});

test("a burst pays for no more than one silence", () => {
  const pace = new Pace(LIMITS);
  pace.moved(1_000_000_000, 0);
  expect(pace.left).toBe(120_000);
});

test("without a lowest rate any byte makes up for a silence", () => {
  expect(lasts({ silence: 1000, rate: 0 }, 1, 999, 1000)).toBe(true);
  expect(lasts({ silence: 1000, rate: 0 }, 1, 1001, 1)).toBe(false);
});
