import { randomBytes } from "node:crypto";
import { rename, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { S3Error } from "../../errors/s3-error.ts";
import type { Expectation } from "../store.ts";
import { findFile } from "./data-file.ts";
import type { MetadataFile } from "./metadata-file.ts";
import { damaged, findObject, type ObjectFiles, ownMember } from "./object-files.ts";
import { moveData, moveMetadata, placeForData } from "./places.ts";
import type { StagedObject, Target } from "./staged-object.ts";
import { METADATA_SUFFIX, TARGET_SUFFIX } from "./staging.ts";
import { unlessMissing } from "./system-error.ts";
import type { Workplace } from "./workplace.ts";

/**
 * Makes a staged object the current one. Its metadata file goes first, since it tells where the bytes still are; once
 * its move is durable the bytes follow. Whatever happens in between, every reader finds one whole object. When this
 * rejects, the object is the one that was there before, or, should even that not come about, the new one. For who holds
 * the key.
 * @param check throws when the write must not happen for another reason
 * @throws S3Error PreconditionFailed, NoSuchBucket, XMinioParentIsObject, XMinioObjectExistsAsDirectory;
 * XMinioObjectTampered over an fs.json that is impossibly long
 */
export async function publish(
  workplace: Workplace,
  object: StagedObject,
  expect: Expectation | undefined,
  check: () => Promise<void>,
): Promise<void> {
  const { staging, directories } = workplace;
  const { bucket, key, id } = object;
  let discard = true;
  let place: string;
  try {
    await check();
    const before = await currentObject(workplace, object);
    checkExpectation(expect, before);
    // Should the write fail, it could not be brought back.
    if (before?.metadata?.complete === false) throw damaged("fs.json: it is too long");
    await placeForData(workplace, bucket, key);
    await requireStaged(workplace, id);
    const metadata = await moveMetadata(workplace, staging.path(id + METADATA_SUFFIX), bucket, key);
    try {
      await directories.sync(dirname(metadata));
      place = await moveData(workplace, staging.path(id), bucket, key);
    } catch (thrown) {
      discard = await restoreMetadata(workplace, metadata, before?.metadata);
      throw thrown;
    }
  } catch (thrown) {
    // Staged bytes that metadata in place speak of are the object.
    if (discard) await staging.discard(id);
    throw thrown;
  }
  // The object is durable already: metadata and bytes were, each before it was moved. Should a power cut undo the last
  // move, the bytes are still where the metadata say.
  await directories.sync(dirname(place)).catch(() => {});
  await unlink(staging.path(id + TARGET_SUFFIX)).catch(() => {});
}

/** Puts a metadata file from staging in the place of the one before, for bytes that stay. For who holds the key. */
export async function publishMetadata(
  workplace: Workplace,
  id: string,
  { bucket, key }: Target,
  before: MetadataFile | undefined,
): Promise<void> {
  const { staging, directories } = workplace;
  const place = await moveMetadata(workplace, staging.path(id + METADATA_SUFFIX), bucket, key);
  try {
    await directories.sync(dirname(place));
  } catch (thrown) {
    await restoreMetadata(workplace, place, before);
    throw thrown;
  }
}

/** A process that takes this one for dead may have tidied up behind it. */
async function requireStaged({ staging }: Workplace, id: string): Promise<void> {
  if (await findFile(staging.path(id), false) === undefined) {
    throw new S3Error("InternalError", { cause: new Error("the staged file is gone") });
  }
}

/** @returns whether the metadata file is again the one that was there before */
async function restoreMetadata(
  { staging, directories }: Workplace,
  place: string,
  before: MetadataFile | undefined,
): Promise<boolean> {
  try {
    if (before === undefined) {
      await unlessMissing(unlink(place));
    } else {
      const file = randomBytes(16).toString("hex");
      await staging.writeFile(file, before.bytes);
      await rename(staging.path(file), place);
    }
    // The bucket may have been removed with everything in it.
    await unlessMissing(directories.sync(dirname(place)));
    return true;
  } catch {
    return false;
  }
}

/**
 * The object as a writer finds it. Bytes that a dead writer left in staging are brought home first: this one would
 * forget where they are. For who holds the key.
 */
export async function currentObject(
  workplace: Workplace,
  { bucket, key }: Target,
): Promise<ObjectFiles | undefined> {
  const { layout, directories } = workplace;
  const found = await findObject(layout, bucket, key, false);
  const own = ownMember(found?.metadata);
  if (found === undefined || !found.staged || own?.staging === undefined) return found;
  const staged = layout.staged(own.staging, own.id);
  const place = await moveData(workplace, staged, bucket, key);
  await directories.sync(dirname(place));
  await unlink(staged + TARGET_SUFFIX).catch(() => {});
  return await findObject(layout, bucket, key, false);
}

/** @throws S3Error PreconditionFailed when the object is not what the writer expects */
export function checkExpectation(expect: Expectation | undefined, current: ObjectFiles | undefined): void {
  if (expect === undefined) return;
  const reading = current?.reading;
  const holds = "absent" in expect
    ? reading === undefined
    : reading !== undefined && "record" in reading && reading.record.revision === expect.revision;
  if (!holds) throw new S3Error("PreconditionFailed");
}
