import { describe, expect, test } from "bun:test";
import { objectsText, sizeText } from "../../src/cli/amounts.ts";
import { duration, showProgress } from "../../src/cli/progress.ts";

/** A terminal that keeps what it shows. */
function screen() {
  let out = "";
  const terminal = { env: {}, interactive: true, print: (text: string) => void (out += text) };
  return { terminal, out: () => out, last: () => out.split("\r\u001b[K").at(-1) };
}

describe("a progress bar", () => {
  test("shows what is done, of how much, and how long the rest may take", async () => {
    const { terminal, last } = screen();
    let now = 0;
    const work = { shown: true, total: async () => 1200, describe: objectsText, now: () => now };
    const progress = await showProgress(terminal, work);
    expect(last()).toBe("[------------------------------]   0 %  0 of 1,200 objects");
    now = 30_000;
    progress.advance(300);
    expect(last()).toBe("[#######-----------------------]  25 %  300 of 1,200 objects, 1 min 30 s left");
    now = 120_000;
    progress.advance(1000);
    expect(last()).toBe("[##############################] 100 %  1,300 of 1,200 objects");
    progress.end();
    expect(last()).toBe("");
  });

  test("is not drawn more often than an eye can follow", async () => {
    const { terminal, out } = screen();
    let now = 0;
    const work = { shown: true, total: async () => 10_000, describe: objectsText, now: () => now };
    const progress = await showProgress(terminal, work);
    for (let i = 0; i < 10_000; i++) {
      now += 1;
      progress.advance(1);
    }
    expect(out().split("\r").length).toBeLessThan(105);
  });

  test("stays below the lines that are printed meanwhile", async () => {
    const { terminal, out } = screen();
    const progress = await showProgress(terminal, {
      shown: true,
      total: async () => 2,
      describe: objectsText,
    });
    progress.print("damaged\n");
    expect(out()).toContain("\r\u001b[Kdamaged\n\r\u001b[K[---");
  });

  test("is not there where it is not to be seen, and nobody counts for it", async () => {
    const { terminal, out } = screen();
    const total = () => Promise.reject(new Error("counted"));
    const progress = await showProgress(terminal, { shown: false, total, describe: objectsText });
    progress.advance(1);
    progress.print("damaged\n");
    progress.end();
    expect(out()).toBe("damaged\n");
  });
});

test("times and sizes are told in units that can be grasped", () => {
  expect([0, 59_400, 60_000, 3_599_000, 3_600_000, 90_061_000].map(duration)).toEqual(
    ["0 s", "59 s", "1 min 0 s", "59 min 59 s", "1 h 0 min", "25 h 1 min"],
  );
  expect([0, 1023, 1024, 1536, 5 * 1024 ** 3, 2 ** 60].map(sizeText)).toEqual(
    ["0 bytes", "1,023 bytes", "1.0 KiB", "1.5 KiB", "5.0 GiB", "1024.0 PiB"],
  );
});
