import { mkdir, rename, rm } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { S3Error } from "../../errors/s3-error.ts";
import type { UploadId, UploadRecord } from "../store.ts";
import { makeDirectories, settleRemoval } from "./directories.ts";
import { formatFsJson, type FsJson } from "./fs-json.ts";
import { type Layout, METADATA_FILE } from "./layout.ts";
import { readMetadataFile } from "./metadata-file.ts";
import { damaged } from "./object-files.ts";
import { explainSystemError, isMissing } from "./system-error.ts";
import { initiatedAt, isUploadId } from "./upload-id.ts";
import type { Workplace } from "./workplace.ts";

/** How often the directory of a key's uploads is made anew that others remove because it is empty. */
const ATTEMPTS = 100;

/** An upload and what its metadata file says. */
export interface UploadFiles {
  readonly record: UploadRecord;
  readonly content: FsJson;
}

/**
 * An upload as its metadata file tells it.
 * @returns `undefined` when there is none
 * @throws S3Error XMinioObjectTampered when the file is damaged
 */
export async function findUpload(layout: Layout, id: UploadId): Promise<UploadFiles | undefined> {
  if (!isUploadId(id.uploadId)) return undefined;
  const { bucket, key, uploadId } = id;
  const file = await readMetadataFile(`${layout.upload(bucket, key, uploadId)}/${METADATA_FILE}`);
  if (file === undefined) return undefined;
  const { content, identity } = file;
  if ("damage" in content) throw damaged(`fs.json of the upload: ${content.damage}`);
  const checksum = content.own?.upload?.checksum;
  return {
    record: {
      bucket,
      key,
      uploadId,
      initiatedAt: initiatedAt(uploadId) ?? identity.modified,
      metadata: content.metadata,
      ...(checksum === undefined ? {} : { checksum }),
    },
    content,
  };
}

/** Makes the directory of a new upload with its metadata file in it, whole or not at all. */
export async function makeUpload(workplace: Workplace, upload: UploadRecord): Promise<void> {
  const { staging, directories, layout } = workplace;
  const { bucket, key, uploadId } = upload;
  const draft = staging.draft();
  try {
    await mkdir(staging.path(draft));
    await staging.writeFile(`${draft}/${METADATA_FILE}`, uploadText(upload, draft));
    await directories.sync(staging.path(draft));
    await moveDirectory(workplace, staging.path(draft), layout.upload(bucket, key, uploadId));
  } catch (thrown) {
    await rm(staging.path(draft), { recursive: true, force: true }).catch(() => {});
    throw explainSystemError(thrown);
  }
}

async function moveDirectory({ layout, directories }: Workplace, from: string, to: string): Promise<void> {
  for (let attempt = 1;; attempt++) {
    await makeDirectories(layout.system, dirname(to), directories);
    try {
      await rename(from, to);
      return await directories.sync(dirname(to));
    } catch (thrown) {
      if (!isMissing(thrown) || attempt === ATTEMPTS) throw thrown;
    }
  }
}

/** The metadata file of an upload: the future object's, without ETag (minio-formats 8.2). @param id of this write */
export function uploadText({ bucket, key, metadata, checksum }: UploadRecord, id: string): string {
  const upload = { bucket, key, ...(checksum === undefined ? {} : { checksum }) };
  return formatFsJson({ metadata, etag: undefined, parts: [], own: { id, upload } });
}

/**
 * Ends an upload: it is gone at once, and its files soon after.
 * @throws S3Error NoSuchUpload when it had ended already
 */
export async function endUpload(workplace: Workplace, directory: string): Promise<void> {
  const { layout, staging, directories } = workplace;
  const grave = staging.path(staging.draft());
  try {
    await rename(directory, grave);
  } catch (thrown) {
    if (isMissing(thrown)) throw new S3Error("NoSuchUpload");
    throw explainSystemError(thrown);
  }
  await settleRemoval(layout.multipart, dirname(directory), directories).catch((thrown) => {
    throw explainSystemError(thrown);
  });
  // What cannot be removed now is removed with the staging directory.
  for (const rest of [layout.partChecksums(basename(directory)), grave]) {
    await rm(rest, { recursive: true, force: true }).catch(() => {});
  }
}
