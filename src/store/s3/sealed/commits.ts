import { S3Error } from "../../../errors/s3-error.ts";
import type { Expectation } from "../../store.ts";
import { isRefusal } from "../refusal.ts";
import type { RemoteWriter, Staged } from "../remote-writer.ts";
import type { DareMeta } from "./dare-meta.ts";
import type { MetaDocuments } from "./meta-documents.ts";
import { dataKey, metaKey } from "./names.ts";
import { type FoundMeta, isSealedRevision, sealedRecord } from "./sealed-record.ts";

/** What a conditional write is made of: data that replaces nothing yet, and the document that makes it the object. */
export interface Commit {
  readonly bucket: string;
  readonly key: string;
  readonly expect: Expectation;
  readonly meta: DareMeta;
  readonly data: Staged;
  /** Called when it is sure that nothing was written. */
  readonly undo: () => Promise<void>;
}

/**
 * Conditional writes of encrypted objects, of which exactly one wins, through however many gateways they come: they are
 * decided by one conditional write of `dare.meta`, which the backend makes in one step. The data is at the backend before
 * that, as an upload which the document names, and is put in its place afterwards by whoever comes first: the writer, a
 * reader, or the next write. So there is nothing of a loser that could have replaced anything.
 */
export class Commits {
  readonly #documents: MetaDocuments;
  readonly #writer: RemoteWriter;

  constructor(documents: MetaDocuments, writer: RemoteWriter) {
    this.#documents = documents;
    this.#writer = writer;
  }

  /**
   * Decides, then puts the data in its place. The caller holds the lock of the key.
   * @throws S3Error PreconditionFailed and as the backend names it
   */
  async commit(commit: Commit): Promise<FoundMeta> {
    const { data, undo } = commit;
    const before = await this.#before(commit);
    const found = await this.#decide(commit, before);
    try {
      await this.#writer.publish(data);
    } catch (thrown) {
      // Somebody else has put it in its place already.
      if (thrown instanceof S3Error && thrown.code === "NoSuchUpload") return found;
      if (isRefusal(thrown)) {
        await this.#takeBack(commit, found, before);
        await undo();
      }
      throw thrown;
    }
    return found;
  }

  /** Puts data in its place that is an upload still, whoever wrote the document. @returns whether it was still one */
  async finish(bucket: string, key: string, { own }: DareMeta): Promise<boolean> {
    if (own?.staged === undefined) return false;
    const { uploadId, parts } = own.staged;
    try {
      await this.#writer.publish({
        upload: { bucket, key: dataKey(key), uploadId },
        parts: Object.entries(parts).map(([number, etag]) => ({ number: Number(number), etag })),
      });
      return true;
    } catch (thrown) {
      if (isRefusal(thrown)) return false;
      throw thrown;
    }
  }

  async #before({ bucket, key, undo }: Commit): Promise<FoundMeta | undefined> {
    try {
      const before = await this.#documents.read(bucket, metaKey(key));
      // Data that is put in its place late would replace that of this write.
      if (before !== undefined) await this.finish(bucket, key, before.meta);
      return before;
    } catch (thrown) {
      await undo();
      throw thrown;
    }
  }

  async #decide({ bucket, key, expect, meta, data, undo }: Commit, before: FoundMeta | undefined) {
    const { uploadId } = data.upload;
    const parts = Object.fromEntries(data.parts.map(({ number, etag }) => [number, etag]));
    const staged = { ...meta, own: { ...meta.own, staged: { uploadId, parts } } };
    try {
      const condition = conditionOn(bucket, key, expect, before);
      return await this.#documents.write(bucket, metaKey(key), staged, condition);
    } catch (thrown) {
      if (isRefusal(thrown)) {
        await undo();
        throw thrown;
      }
      // Nobody knows what became of it, unless it is there.
      const now = await this.#documents.read(bucket, metaKey(key)).catch(() => undefined);
      if (now === undefined || now.meta.own?.write !== meta.own?.write) throw thrown;
      return now;
    }
  }

  async #takeBack({ bucket, key }: Commit, found: FoundMeta, before: FoundMeta | undefined): Promise<void> {
    if (before === undefined) return await this.#documents.delete(bucket, metaKey(key), found.etag);
    await this.#documents.write(bucket, metaKey(key), before.meta, { revision: found.etag });
  }
}

/** What must be so of `dare.meta` alone: where a plain object is expected, that there is none. */
function conditionOn(
  bucket: string,
  key: string,
  expect: Expectation,
  before: FoundMeta | undefined,
): Expectation {
  if ("absent" in expect || !isSealedRevision(expect.revision)) return { absent: true };
  if (before === undefined || sealedRecord(bucket, key, before).revision !== expect.revision) {
    throw new S3Error("PreconditionFailed");
  }
  return { revision: before.etag };
}
