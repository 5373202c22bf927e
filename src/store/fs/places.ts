import { lstat, realpath, rename, rm, unlink } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { S3Error } from "../../errors/s3-error.ts";
import { isInBuckets } from "./data-file.ts";
import { makeDirectories, TopMissing } from "./directories.ts";
import { METADATA_FILE } from "./layout.ts";
import { explainSystemError, systemCode, unlessMissing } from "./system-error.ts";
import type { Workplace } from "./workplace.ts";

/** How often a directory is made anew that others remove because it is empty. */
const ATTEMPTS = 100;

/**
 * The path where the bytes of an object go. The directory for them is there when this resolves.
 * @throws S3Error NoSuchBucket, XMinioParentIsObject, XMinioObjectExistsAsDirectory
 */
export async function placeForData(workplace: Workplace, bucket: string, key: string): Promise<string> {
  const { layout, directories } = workplace;
  const path = layout.data(bucket, key);
  const parent = dirname(path);
  let real: string | undefined;
  // Others may remove it as soon as it is made, since it is empty.
  for (let attempt = 1; real === undefined && attempt <= ATTEMPTS; attempt++) {
    try {
      await makeDirectories(layout.bucket(bucket), parent, directories);
    } catch (thrown) {
      if (thrown instanceof TopMissing) throw new S3Error("NoSuchBucket");
      if (isFileInTheWay(thrown)) throw new S3Error("XMinioParentIsObject");
      throw explainSystemError(thrown);
    }
    real = await unlessMissing(realpath(parent));
  }
  // A link that leaves the buckets is neither an object nor a prefix.
  if (real === undefined || !isInBuckets(layout, real)) throw new S3Error("XMinioParentIsObject");
  const place = `${real}/${basename(path)}`;
  const there = await unlessMissing(lstat(place));
  if (there?.isDirectory()) throw new S3Error("XMinioObjectExistsAsDirectory");
  return place;
}

/** Moves the bytes of an object to their place. @throws what `placeForData` throws */
export async function moveData(
  workplace: Workplace,
  from: string,
  bucket: string,
  key: string,
): Promise<string> {
  return await moveInto(from, () => placeForData(workplace, bucket, key));
}

/** Moves a metadata file to its place, where it replaces the one before. @returns the place */
export async function moveMetadata(
  workplace: Workplace,
  from: string,
  bucket: string,
  key: string,
): Promise<string> {
  const { layout, directories } = workplace;
  const place = layout.metadata(bucket, key);
  return await moveInto(from, async () => {
    try {
      await makeDirectories(layout.system, dirname(place), directories);
    } catch (thrown) {
      if (!isFileInTheWay(thrown)) throw explainSystemError(thrown);
      await clearWay(workplace, bucket, key);
    }
    return place;
  }, async () => {
    // Metadata of objects below this key are left from a crash: there can be none while the key is an object.
    await rm(place, { recursive: true, force: true });
  });
}

/** @param clearDirectory makes room where a directory has the name of the file */
async function moveInto(
  from: string,
  prepare: () => Promise<string>,
  clearDirectory?: () => Promise<void>,
): Promise<string> {
  for (let attempt = 1;; attempt++) {
    const place = await prepare();
    try {
      await rename(from, place);
      return place;
    } catch (thrown) {
      const code = systemCode(thrown);
      // Over a network the answer to a move may get lost. Nobody else moves this file, so it has arrived.
      if (code === "ENOENT" && await unlessMissing(lstat(from)) === undefined) return place;
      if (attempt === ATTEMPTS) throw explainSystemError(thrown);
      if (code === "EISDIR" && clearDirectory !== undefined) await clearDirectory();
      // Others removed the directory, or put another thing in its place, which the next look will tell.
      else if (code !== "ENOENT" && code !== "ENOTDIR" && code !== "EISDIR") throw explainSystemError(thrown);
    }
  }
}

/**
 * Makes way for the metadata directory of a key whose path a file blocks. At the top it is a document of the bucket,
 * such as `policy.json`, which goes elsewhere; further down what a crash left of an object that is no more.
 */
async function clearWay(
  { layout, buckets, directories }: Workplace,
  bucket: string,
  key: string,
): Promise<void> {
  const top = layout.bucketMetadata(bucket);
  const [document = "", ...elements] = key.split("/");
  await buckets.hold(bucket, async () => {
    const place = `${top}/${document}`;
    if (!(await unlessMissing(lstat(place)))?.isFile()) return;
    const displaced = layout.displacedDocuments(bucket);
    await makeDirectories(layout.system, displaced, directories);
    await rename(place, `${displaced}/${document}`);
    await directories.sync(displaced);
  });
  let path = `${top}/${document}`;
  for (const element of elements) {
    path += `/${element}`;
    if (element !== METADATA_FILE) continue;
    if ((await unlessMissing(lstat(path)))?.isFile()) await unlink(path);
  }
}

function isFileInTheWay(thrown: unknown): boolean {
  return systemCode(thrown) === "EEXIST" || systemCode(thrown) === "ENOTDIR";
}
