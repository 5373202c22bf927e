import { concurrently } from "../../concurrently.ts";
import type { UploadId, UploadListQuery, UploadPage, UploadRecord } from "../../store.ts";
import { compareUtf8 } from "../../utf8-order.ts";
import { allUploads } from "../all-uploads.ts";
import type { RemoteUpload } from "../remote-upload-documents.ts";
import type { RemoteUploads } from "../remote-uploads.ts";
import { dataKey, keyOfData } from "./names.ts";

/** Documents read at a time. */
const AT_ONCE = 16;

interface Entry {
  readonly name: string;
  /** `undefined` for a common prefix. */
  readonly upload: UploadRecord | undefined;
}

/**
 * Lists unfinished uploads, plain and encrypted ones. There are few of them, so all that begin with the prefix are read
 * and put in order: the backend has its own order for the encrypted ones.
 */
export class GatewayUploadListing {
  readonly #uploads: RemoteUploads;
  readonly #sealed: (id: UploadId) => Promise<UploadRecord | undefined>;

  /** @param sealed reads what is known of an encrypted upload, by the backend's id */
  constructor(uploads: RemoteUploads, sealed: (id: UploadId) => Promise<UploadRecord | undefined>) {
    this.#uploads = uploads;
    this.#sealed = sealed;
  }

  /** @throws S3Error NoSuchBucket */
  async page(query: UploadListQuery): Promise<UploadPage> {
    const { limit, afterKey, afterUploadId } = query;
    const entries = folded(behind(await this.#all(query), afterKey, afterUploadId), query);
    const shown = entries.slice(0, limit);
    const last = shown.at(-1);
    return {
      uploads: shown.flatMap(({ upload }) => upload ?? []),
      prefixes: shown.flatMap(({ name, upload }) => upload === undefined ? [name] : []),
      ...(entries.length > limit && last !== undefined
        ? { next: { key: last.name, uploadId: last.upload?.uploadId ?? "" } }
        : {}),
    };
  }

  async #all({ bucket, prefix }: UploadListQuery): Promise<UploadRecord[]> {
    const whole = await allUploads(this.#uploads, bucket, prefix);
    // A backend with MinIO's directories finds uploads by their whole name alone.
    const named = prefix === "" ? [] : await allUploads(this.#uploads, bucket, dataKey(prefix));
    const found = new Map([...whole, ...named].map((upload) => [upload.uploadId, upload])).values();
    const records = await concurrently([...found], AT_ONCE, (upload) => this.#record(upload));
    return records.flatMap((record) => record ?? [])
      .filter(({ key }) => key.startsWith(prefix))
      .sort((a, b) => compareUtf8(a.key, b.key) || a.initiatedAt - b.initiatedAt);
  }

  async #record({ bucket, key: name, uploadId, initiatedAt, checksum }: RemoteUpload) {
    const key = keyOfData(name);
    if (key !== undefined) return await this.#sealed({ bucket, key, uploadId });
    return {
      bucket,
      key: name,
      uploadId,
      initiatedAt,
      metadata: {},
      ...(checksum === undefined ? {} : { checksum }),
    };
  }
}

/** What is behind the mark. A mark whose upload has ended leaves all others of its key. */
function behind(
  uploads: readonly UploadRecord[],
  afterKey: string,
  afterUploadId: string,
): readonly UploadRecord[] {
  if (afterKey === "") return uploads;
  const at = uploads.findIndex(({ key, uploadId }) => key === afterKey && uploadId === afterUploadId);
  if (at >= 0) return uploads.slice(at + 1);
  return uploads.filter(({ key }) => {
    const order = compareUtf8(key, afterKey);
    return order > 0 || (order === 0 && afterUploadId !== "");
  });
}

function folded(uploads: readonly UploadRecord[], query: UploadListQuery): Entry[] {
  const { prefix, delimiter, afterKey } = query;
  const entries: Entry[] = [];
  for (const upload of uploads) {
    const at = delimiter === "" ? -1 : upload.key.indexOf(delimiter, prefix.length);
    if (at < 0) {
      entries.push({ name: upload.key, upload });
      continue;
    }
    const name = upload.key.slice(0, at + delimiter.length);
    if (name !== entries.at(-1)?.name && name !== afterKey) entries.push({ name, upload: undefined });
  }
  return entries;
}
