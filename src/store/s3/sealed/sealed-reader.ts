import { S3Error } from "../../../errors/s3-error.ts";
import { type BackendEncryption, ObjectReplaced } from "../../store.ts";
import type { RemoteObject } from "../remote-object.ts";
import type { ByteQuery, RemoteBytes, RemoteObjects } from "../remote-objects.ts";
import { type BytesAhead, RemoteReader } from "../remote-reader.ts";
import type { Commits } from "./commits.ts";
import type { MetaDocuments } from "./meta-documents.ts";
import { dataKey, metaKey } from "./names.ts";
import { belongs, type Recovery } from "./recovery.ts";
import type { FoundMeta } from "./sealed-record.ts";

/** What to read, and with what. */
export interface SealedPlace {
  readonly objects: RemoteObjects;
  readonly documents: MetaDocuments;
  readonly recovery: Recovery;
  readonly commits: Commits;
  readonly bucket: string;
  readonly key: string;
  readonly found: FoundMeta;
  readonly encryption: BackendEncryption | undefined;
}

/** The data as it was at the first read. */
interface Data {
  readonly object: RemoteObject;
  readonly encryption: BackendEncryption | undefined;
}

type Range = NonNullable<ByteQuery["range"]>;

/** Reads the data of one encrypted object, once it has been seen to be that of its `dare.meta`. */
export class SealedReader {
  readonly #place: SealedPlace;
  #data: Data | undefined;

  constructor(place: SealedPlace) {
    this.#place = place;
  }

  /** @throws ObjectReplaced before the first byte; S3Error */
  async *read(start: number, length: number): AsyncGenerator<Uint8Array> {
    if (start + length > this.#place.found.meta.size) {
      throw new RangeError("reading past the end of the object");
    }
    if (length === 0) return;
    const data = this.#data;
    if (data !== undefined) return yield* this.#reader(data).read(start, length);
    const begun = await this.#begin({ start, length });
    this.#data = begun.data;
    yield* this.#reader(begun.data, { bytes: begun.bytes, start, length }).read(start, length);
  }

  /** The packages prove themselves, so that no digest of the whole is needed. */
  #reader({ object, encryption }: Data, ahead?: BytesAhead): RemoteReader {
    const { objects, bucket, key } = this.#place;
    return new RemoteReader({ objects, bucket, key: dataKey(key), encryption }, object, false, ahead);
  }

  async #begin(range: Range): Promise<{ readonly data: Data; readonly bytes: RemoteBytes }> {
    const { objects, bucket, key } = this.#place;
    const { answer: bytes, encryption } = await this.#ask(async (encryption) => {
      try {
        return await objects.get(bucket, dataKey(key), { encryption, range });
      } catch (thrown) {
        if (!(thrown instanceof S3Error && thrown.code === "InvalidRange")) throw thrown;
        const object = await objects.head(bucket, dataKey(key), encryption);
        if (object === undefined) return undefined;
        await this.#requireOwn({ object, encryption });
        throw new ObjectReplaced("the data of the object has come into its place");
      }
    });
    if (bytes === undefined) {
      await this.#requireChanged();
      throw new ObjectReplaced("the data of the object is gone");
    }
    const data = { object: bytes.object, encryption };
    try {
      await this.#requireOwn(data);
    } catch (thrown) {
      bytes.body.cancel();
      throw thrown;
    }
    return { data, bytes };
  }

  /** @throws ObjectReplaced when the data is that of another `dare.meta`, which is there from now on */
  async #requireOwn({ object, encryption }: Data): Promise<void> {
    const { recovery, bucket, key, found } = this.#place;
    if (belongs(found, object)) return;
    await this.#finish();
    await recovery.recover(bucket, key, object, encryption);
    throw new ObjectReplaced("the data of the object is another one's");
  }

  /**
   * Data is there before its document, unless that names the upload which it still is, and goes after it.
   * @throws S3Error NoSuchKey for a document whose data has been lost
   */
  async #requireChanged(): Promise<void> {
    const { documents, bucket, key, found } = this.#place;
    if (await this.#finish() || found.meta.own?.staged !== undefined) return;
    if (await documents.etagOf(bucket, metaKey(key)) === found.etag) throw new S3Error("NoSuchKey");
  }

  /** Puts the data of this object in its place when its writer has not done it. */
  #finish(): Promise<boolean> {
    const { commits, bucket, key, found } = this.#place;
    return commits.finish(bucket, key, found.meta);
  }

  /** Data that was written before `MINIO_GATEWAY_SSE` asked for SSE-C lies under no key at the backend. */
  async #ask<T>(question: (encryption: BackendEncryption | undefined) => Promise<T>) {
    const { encryption } = this.#place;
    try {
      return { answer: await question(encryption), encryption };
    } catch (thrown) {
      const refused = thrown instanceof S3Error && thrown.status === 400 && encryption?.kind === "sse-c";
      if (!refused) throw thrown;
      // What refuses the key may be the data of the former object.
      if (await this.#finish()) throw new ObjectReplaced("the data of the object has come into its place");
      return { answer: await question(undefined), encryption: undefined };
    }
  }
}
