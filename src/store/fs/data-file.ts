import { constants } from "node:fs";
import { type FileHandle, lstat, open, realpath, stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { FileIdentity } from "./fs-json.ts";
import type { Layout } from "./layout.ts";
import { explainSystemError, isMissing, systemCode, unlessMissing } from "./system-error.ts";

/** What is at the path of a key. */
export type Found = FoundFile | { readonly kind: "directory" };

export interface FoundFile {
  readonly kind: "file";
  readonly identity: FileIdentity;
  /** Open for reading, where that was asked for. */
  readonly handle: FileHandle | undefined;
}

/** Non-blocking, so that a pipe that lies there does not hold the reader up. */
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Looks at a path below a bucket. Symbolic links are followed as far as they stay among the buckets; anything that is
 * neither file nor directory is not there.
 */
export async function findData(
  layout: Layout,
  path: string,
  wantHandle: boolean,
): Promise<Found | undefined> {
  const parent = await realPath(layout, dirname(path));
  if (parent === undefined) return undefined;
  const place = `${parent}${path.slice(path.lastIndexOf("/"))}`;
  if (wantHandle) return await openFile(layout, place);
  const facts = await unlessMissing(lstat(place, { bigint: true }));
  if (facts === undefined) return undefined;
  if (!facts.isSymbolicLink()) return foundOf(facts, undefined);
  const target = await realPath(layout, place);
  const there = target === undefined ? undefined : await unlessMissing(stat(target, { bigint: true }));
  return there && foundOf(there, undefined);
}

async function openFile(layout: Layout, place: string): Promise<Found | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(place, OPEN_FLAGS);
  } catch (thrown) {
    // A socket cannot be opened.
    if (isMissing(thrown) || systemCode(thrown) === "ENXIO") return undefined;
    if (systemCode(thrown) !== "ELOOP") throw explainSystemError(thrown);
    const target = await realPath(layout, place);
    return target === undefined ? undefined : await openFile(layout, target);
  }
  try {
    const found = foundOf(await handle.stat({ bigint: true }), handle);
    if (found?.kind !== "file") await handle.close();
    return found;
  } catch (thrown) {
    await handle.close();
    throw thrown;
  }
}

/** Looks at a file of this program's own, which lies outside of the buckets. */
export async function findFile(path: string, wantHandle: boolean): Promise<FoundFile | undefined> {
  if (!wantHandle) {
    const facts = await unlessMissing(lstat(path, { bigint: true }));
    return facts?.isFile() ? { kind: "file", identity: identityOf(facts), handle: undefined } : undefined;
  }
  const handle = await unlessMissing(open(path, OPEN_FLAGS));
  if (handle === undefined) return undefined;
  try {
    return { kind: "file", identity: identityOf(await handle.stat({ bigint: true })), handle };
  } catch (thrown) {
    await handle.close();
    throw thrown;
  }
}

/** A path without symbolic links; `undefined` where it does not exist or leaves the buckets. */
export async function realPath(layout: Layout, path: string): Promise<string | undefined> {
  try {
    const real = await unlessMissing(realpath(path));
    return real !== undefined && isInBuckets(layout, real) ? real : undefined;
  } catch (thrown) {
    if (systemCode(thrown) === "ELOOP") return undefined;
    throw thrown;
  }
}

/** @param real a path without symbolic links */
export function isInBuckets({ root, system }: Layout, real: string): boolean {
  return real.startsWith(`${root}/`) && !`${real}/`.startsWith(`${system}/`);
}

interface Facts {
  readonly size: bigint;
  readonly mtimeMs: bigint;
  readonly ino: bigint;
  isFile(): boolean;
  isDirectory(): boolean;
}

function foundOf(facts: Facts, handle: FileHandle | undefined): Found | undefined {
  if (facts.isDirectory()) return { kind: "directory" };
  return facts.isFile() ? { kind: "file", identity: identityOf(facts), handle } : undefined;
}

/** The runtimes agree on whole milliseconds only. */
export function identityOf({ size, mtimeMs, ino }: Pick<Facts, "size" | "mtimeMs" | "ino">): FileIdentity {
  return { size: Number(size), modified: Number(mtimeMs), inode: String(ino) };
}

export function isSameFile(a: FileIdentity, b: FileIdentity): boolean {
  return a.size === b.size && a.modified === b.modified && a.inode === b.inode;
}
