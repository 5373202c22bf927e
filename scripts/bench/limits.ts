import { Buffer } from "node:buffer";
import { createHash, randomBytes } from "node:crypto";
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";

/** What the machine itself gives in this very run: the yardstick beside every figure. */
export interface Limits {
  /** MB/s of one MD5 stream. */
  readonly md5: number;
  /** Appends of 4 KiB with fdatasync per second. */
  readonly fsync: number;
  /** MB/s of writing 64 MiB to a file, with one fdatasync at the end. */
  readonly write: number;
}

/** Measures hash and disk, each for about a second. */
export function measureLimits(directory: string): Limits {
  const block = randomBytes(1024 * 1024);
  return {
    md5: rate(() => hashOnce(block), 1.048576),
    fsync: fsyncRate(directory),
    write: writeRate(directory, block),
  };
}

const hash = createHash("md5");
function hashOnce(block: Uint8Array): void {
  hash.update(block);
}

function rate(work: () => void, unit: number): number {
  const begin = performance.now();
  let rounds = 0;
  while (performance.now() - begin < 1000) {
    work();
    rounds++;
  }
  return rounds * unit / (performance.now() - begin) * 1000;
}

function fsyncRate(directory: string): number {
  const path = join(directory, "fsync.probe");
  const file = openSync(path, "w");
  const page = Buffer.alloc(4096, 7);
  const result = rate(() => {
    writeSync(file, page);
    fdatasyncSync(file);
  }, 1);
  closeSync(file);
  rmSync(path);
  return result;
}

function writeRate(directory: string, block: Uint8Array): number {
  const path = join(directory, "write.probe");
  const file = openSync(path, "w");
  const begin = performance.now();
  for (let i = 0; i < 64; i++) writeSync(file, block);
  fdatasyncSync(file);
  const seconds = (performance.now() - begin) / 1000;
  closeSync(file);
  rmSync(path);
  return 64 * 1.048576 / seconds;
}
