import { describe, expect, test } from "bun:test";
import { AuditQueue } from "../../src/audit/queue.ts";
import { type AuditTarget, UndeliverableError } from "../../src/audit/target.ts";
import { createLog } from "../../src/log/log.ts";

/** A target that does what a test says with each batch. */
function targetOf(
  deliver: (entries: readonly string[], signal: AbortSignal) => Promise<void>,
  shape: { batch?: number; gather?: number; parallel?: number } = {},
): AuditTarget & { closed: boolean } {
  return {
    name: "test",
    batch: 2,
    gather: 0,
    parallel: 1,
    ...shape,
    deliver,
    closed: false,
    close() {
      this.closed = true;
    },
  };
}

function queueOf(target: AuditTarget, limit = 100): { queue: AuditQueue; logged: string[] } {
  const logged: string[] = [];
  const log = createLog({ json: false, quiet: false, write: (entry) => void logged.push(entry) });
  return { queue: new AuditQueue(target, limit, log), logged };
}

const offerAll = (queue: AuditQueue, entries: string) => {
  for (const entry of entries) queue.offer(entry);
};

describe("entries", () => {
  test("arrive in their order, in batches, and closing waits for them", async () => {
    const batches: string[] = [];
    const target = targetOf(async (entries) => {
      await Bun.sleep(1);
      batches.push(entries.join(""));
    });
    const { queue } = queueOf(target);
    offerAll(queue, "abcde");
    await queue.close(5000);
    expect(batches).toEqual(["ab", "cd", "e"]);
    expect([queue.total, queue.lost, queue.length, target.closed]).toEqual([5, 0, 0, true]);
  });

  test("wait for others to go with, until there are enough or the queue is closed", async () => {
    const batches: string[] = [];
    const target = targetOf(async (entries) => void batches.push(entries.join("")), { gather: 3_600_000 });
    const { queue } = queueOf(target);
    offerAll(queue, "a");
    await Bun.sleep(5);
    expect(batches).toEqual([]);
    offerAll(queue, "bcd");
    await queue.close(5000);
    expect(batches).toEqual(["ab", "cd"]);
    const full = queueOf(target);
    offerAll(full.queue, "ef");
    while (batches.length < 3) await Bun.sleep(1);
    expect(batches.at(-1)).toBe("ef");
    await full.queue.close(5000);
  });

  test("all arrive when thousands come at once, more than once", async () => {
    const seen: string[] = [];
    const { queue } = queueOf(targetOf(async (entries) => void seen.push(...entries), { batch: 7 }), 10_000);
    const sent: string[] = [];
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 3000; i++) {
        sent.push(`${round}-${i}`);
        queue.offer(`${round}-${i}`);
      }
      await Bun.sleep(1);
    }
    await queue.close(5000);
    expect(seen).toEqual(sent);
  });

  test("go to as many deliveries at a time as the target takes", async () => {
    let [now, most] = [0, 0];
    const { queue } = queueOf(targetOf(async () => {
      most = Math.max(most, ++now);
      await Bun.sleep(2);
      now--;
    }, { batch: 1, parallel: 3 }));
    offerAll(queue, "abcdefgh");
    await queue.close(5000);
    expect(most).toBe(3);
  });

  test("that find no room are dropped and counted, and nobody waits", async () => {
    const release = Promise.withResolvers<void>();
    const seen: string[] = [];
    const { queue } = queueOf(
      targetOf(async (entries) => {
        await release.promise;
        seen.push(...entries);
      }),
      3,
    );
    offerAll(queue, "abcde");
    expect([queue.total, queue.lost, queue.length]).toEqual([5, 2, 3]);
    release.resolve();
    await queue.close(5000);
    expect(seen).toEqual(["a", "b", "c"]);
  });

  test("of more than 64 MiB together are dropped, however few they are", async () => {
    const { queue } = queueOf(targetOf(async () => {}));
    const big = "x".repeat(30 * 1024 * 1024);
    for (let i = 0; i < 3; i++) queue.offer(big);
    expect(queue.lost).toBe(1);
    await queue.close(5000);
  });

  test("are tried again until the target takes them, and the log says so once", async () => {
    let tries = 0;
    const seen: string[] = [];
    const { queue, logged } = queueOf(targetOf(async (entries) => {
      if (++tries <= 2) throw new Error("refused");
      seen.push(...entries);
    }));
    offerAll(queue, "ab");
    while (seen.length === 0) await Bun.sleep(10);
    await queue.close(5000);
    expect([seen, queue.lost]).toEqual([["a", "b"], 0]);
    expect(logged.length).toBe(2);
    expect(logged[0]).toContain("audit entries do not reach test, and wait");
    expect(logged[1]).toBe("Audit entries reach test again.");
  });

  test("that the target will never take are dropped and counted, and the others go on", async () => {
    const seen: string[] = [];
    const { queue } = queueOf(targetOf(async ([entry = ""]) => {
      if (entry === "a") throw new UndeliverableError("answers 413");
      seen.push(entry);
    }, { batch: 1 }));
    offerAll(queue, "ab");
    await queue.close(5000);
    expect([seen, queue.lost]).toEqual([["b"], 1]);
  });
});

describe("closing", () => {
  test("gives up at the deadline, and says how many entries were lost", async () => {
    const { queue, logged } = queueOf(targetOf(() => Promise.reject(new Error("refused")), { batch: 1 }));
    offerAll(queue, "abc");
    await queue.close(50);
    expect([queue.lost, queue.length]).toEqual([3, 0]);
    expect(logged.at(-1)).toBe("ERROR: 3 audit entries did not reach test.");
  });

  test("calls a delivery off that hangs", async () => {
    const { queue } = queueOf(
      targetOf((_entries, signal) =>
        new Promise((_resolve, reject) =>
          signal.addEventListener("abort", () => reject(new Error("called off")))
        )
      ),
    );
    offerAll(queue, "ab");
    await Bun.sleep(5);
    await queue.close(50);
    expect(queue.lost).toBe(2);
  });

  test("tries again at once what waits for its next try", async () => {
    let broken = true;
    const seen: string[] = [];
    const { queue } = queueOf(targetOf(async (entries) => {
      if (broken) throw new Error("refused");
      seen.push(...entries);
    }));
    offerAll(queue, "ab");
    await Bun.sleep(20);
    broken = false;
    await queue.close(5000);
    expect(seen).toEqual(["a", "b"]);
  });
});
