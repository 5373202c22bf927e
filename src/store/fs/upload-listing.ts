import { readdir } from "node:fs/promises";
import { basename } from "node:path";
import { concurrently } from "../concurrently.ts";
import { foldedPage, isCommonPrefix } from "../folded-page.ts";
import type { UploadListQuery, UploadPage, UploadRecord } from "../store.ts";
import { type Layout, METADATA_FILE } from "./layout.ts";
import { readMetadataFile } from "./metadata-file.ts";
import { unlessMissing } from "./system-error.ts";
import { findUpload } from "./upload-directory.ts";
import { initiatedAt } from "./upload-id.ts";
import { compareUtf8 } from "../utf8-order.ts";

const READ_AT_ONCE = 16;

/** A listed upload and its place in the order. */
interface Entry {
  readonly upload: UploadRecord;
  readonly place: number;
}

/**
 * Pages of unfinished uploads. Nothing in the path of an upload tells its key, so all of them are read; those that MinIO
 * began do not tell it in their metadata either, and are found only where the prefix is their whole key, as with MinIO.
 */
export class UploadListing {
  readonly #layout: Layout;

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  async page(query: UploadListQuery): Promise<UploadPage> {
    const found = (await this.#all(query)).sort(inOrder);
    const entries = found.map((upload, place): Entry => ({ upload, place }));
    const source = {
      scan: (place: number, most: number) => entries.slice(place, place + most),
      key: ({ upload }: Entry) => upload.key,
      behind: ({ place }: Entry) => place + 1,
      behindAll: (prefix: string) => placeBehind(entries, prefix),
    };
    const start = entries.findIndex(({ upload }) => isBehind(upload, query, found));
    const { items, prefixes, last } = foldedPage(source, query, start < 0 ? entries.length : start);
    const uploads = items.map(({ upload }) => upload);
    if (last === undefined) return { uploads, prefixes };
    const next = typeof last === "string"
      ? { key: last, uploadId: "" }
      : { key: last.upload.key, uploadId: last.upload.uploadId };
    return { uploads, prefixes, next };
  }

  /** How many uploads there are in all buckets, those included that do not tell whose they are. */
  async count(): Promise<number> {
    return (await this.#directories()).length;
  }

  /** Directories of the uploads of a bucket, as far as they tell it. */
  async directoriesOf(bucket: string): Promise<string[]> {
    const found = await concurrently(await this.#directories(), READ_AT_ONCE, async (directory) => {
      const name = await namedIn(directory);
      return name?.bucket === bucket ? directory : undefined;
    });
    return found.flatMap((directory) => directory ?? []);
  }

  async #all({ bucket, prefix }: UploadListQuery): Promise<UploadRecord[]> {
    const exact = this.#layout.uploadsOf(bucket, prefix);
    const found = await concurrently(await this.#directories(), READ_AT_ONCE, async (directory) => {
      const name = directory.startsWith(`${exact}/`) ? { bucket, key: prefix } : await namedIn(directory);
      if (name?.bucket !== bucket || !name.key.startsWith(prefix)) return undefined;
      // One that is damaged does not spoil the list.
      const id = { ...name, uploadId: basename(directory) };
      return await findUpload(this.#layout, id).catch(() => undefined);
    });
    return found.flatMap((files) => files === undefined ? [] : [files.record]);
  }

  /** The directories of all uploads. */
  async #directories(): Promise<string[]> {
    const { multipart } = this.#layout;
    const keys = await unlessMissing(readdir(multipart)) ?? [];
    const lists = await concurrently(keys, READ_AT_ONCE, async (hash) => {
      const ids = await unlessMissing(readdir(`${multipart}/${hash}`)) ?? [];
      return ids.map((id) => `${multipart}/${hash}/${id}`);
    });
    return lists.flat();
  }
}

/** Whose upload it is, where its metadata file tells it. */
async function namedIn(directory: string): Promise<{ bucket: string; key: string } | undefined> {
  const file = await readMetadataFile(`${directory}/${METADATA_FILE}`);
  if (file === undefined || "damage" in file.content) return undefined;
  const upload = file.content.own?.upload;
  return upload && { bucket: upload.bucket, key: upload.key };
}

function inOrder(a: UploadRecord, b: UploadRecord): number {
  return compareUtf8(a.key, b.key) || a.initiatedAt - b.initiatedAt || (a.uploadId < b.uploadId ? -1 : 1);
}

function isBehind(upload: UploadRecord, query: UploadListQuery, all: readonly UploadRecord[]): boolean {
  const { afterKey, afterUploadId } = query;
  if (afterKey === "") return true;
  const behindKey = compareUtf8(upload.key, afterKey);
  if (isCommonPrefix(afterKey, query) && upload.key.startsWith(afterKey)) return false;
  if (behindKey !== 0 || afterUploadId === "") return behindKey > 0;
  const marker = all.find(({ key, uploadId }) => key === afterKey && uploadId === afterUploadId);
  // An upload that has ended meanwhile still tells by its id when it was begun.
  const time = marker?.initiatedAt ?? initiatedAt(afterUploadId) ?? 0;
  return inOrder({ ...upload, key: afterKey, uploadId: afterUploadId, initiatedAt: time }, upload) < 0 &&
    upload.uploadId !== afterUploadId;
}

function placeBehind(entries: readonly Entry[], prefix: string): number {
  const place = entries.findIndex(({ upload: { key } }) =>
    compareUtf8(key, prefix) > 0 && !key.startsWith(prefix)
  );
  return place < 0 ? entries.length : place;
}
