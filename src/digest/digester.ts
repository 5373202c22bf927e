import type { Digester, DigestName } from "./digest.ts";
import { type HashWorkers, hashWorkers } from "./hash-workers.ts";
import { InlineDigester } from "./inline-digester.ts";
import { SideBySide } from "./side-by-side.ts";
import { WorkerDigester } from "./worker-digester.ts";

/** Bodies below this are hashed where they are: sending them to another thread costs more than it saves. */
const INLINE_BELOW = 256 * 1024;

/**
 * A digester for one body. Large bodies, and those of unknown size once they turn out large, are hashed by worker
 * threads. After `update` returned a promise, the next call must wait for it.
 * @param names digests wanted, each once
 * @param sizeHint expected bytes, `undefined` when nobody knows; only speed depends on it
 */
export function createDigester(names: readonly DigestName[], sizeHint: number | undefined): Digester {
  const cheap = names.every((name) => name === "crc32");
  if (cheap || (sizeHint !== undefined && sizeHint < INLINE_BELOW)) return new InlineDigester(names);
  return parallelDigester(names, hashWorkers);
}

/**
 * MD5 is the slowest digest and the one that nearly every upload needs, so it gets a thread to itself: the others run
 * on a second worker, or on this thread where there is only one worker.
 */
export function parallelDigester(names: readonly DigestName[], workers: HashWorkers): Digester {
  const others = names.filter((name) => name !== "md5");
  if (others.length === 0 || others.length === names.length) return new WorkerDigester(names, workers);
  const second = workers.limit > 1 ? new WorkerDigester(others, workers) : new InlineDigester(others);
  return new SideBySide([new WorkerDigester(["md5"], workers), second]);
}
