import { createHash } from "node:crypto";
import type { S3ErrorCode } from "../../src/errors/s3-error.ts";

/** What a store cannot express, and how it says so. */
export interface Limits {
  /** Keys that it refuses, with the error for each. The first that matches counts. */
  readonly refusedKeys: readonly (readonly [pattern: RegExp, code: S3ErrorCode])[];
  /**
   * Whether keys are paths: no object has others below it, and a key with a slash at its end is a directory, which is an
   * object without bytes as long as it is empty.
   */
  readonly keysArePaths: boolean;
}

/** Of a store that can express everything. */
export const NO_LIMITS: Limits = { refusedKeys: [], keysArePaths: false };

/** The error for a key, `undefined` when it is taken. */
export function refusalOf(key: string, { refusedKeys }: Limits): S3ErrorCode | undefined {
  return refusedKeys.find(([pattern]) => pattern.test(key))?.[1];
}

/** As many of these keys as the store can have objects with bytes under, all beside each other. */
export function possibleKeys(keys: readonly string[], limits: Limits): readonly string[] {
  const taken = keys.filter((key) => refusalOf(key, limits) === undefined);
  if (!limits.keysArePaths) return taken;
  // In no order that prefers short keys or long ones.
  const shuffled = taken.filter((key) => !key.endsWith("/"))
    .map((key) => [createHash("md5").update(key).digest("hex"), key] as const)
    .sort(([a], [b]) => a < b ? -1 : 1);
  const kept: string[] = [];
  for (const [, key] of shuffled) {
    if (!kept.some((other) => key.startsWith(`${other}/`) || other.startsWith(`${key}/`))) kept.push(key);
  }
  return keys.filter((key) => kept.includes(key));
}
