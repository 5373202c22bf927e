import { createHash } from "node:crypto";
import { readFiles } from "../files/blob-reader.ts";
import type { FileBody } from "../files/blob-writer.ts";
import { receiveFile } from "../files/receive.ts";
import type { BucketDocument, Expectation, ObjectAttributes, ObjectPart } from "../store.ts";
import { discardBody, type InlineBody, receiveBody } from "./body.ts";
import type { StoreParts } from "./store-parts.ts";
import { newUploadId } from "./upload-id.ts";

/** A bucket as another store had it. */
export interface AdoptedBucket {
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly documents: ReadonlyMap<BucketDocument, string>;
}

/** An object as another store had it. */
export interface AdoptedObject {
  readonly bucket: string;
  readonly key: string;
  readonly attributes: ObjectAttributes;
  /** Milliseconds since the epoch. */
  readonly lastModified: number;
  /** Of a multipart object, in their order; empty for others. */
  readonly parts: readonly ObjectPart[];
  readonly uploadId?: string | undefined;
  readonly storedSize: number;
  /** Stored bytes `[start, start + length)` over all parts. */
  read(start: number, length: number): AsyncIterable<Uint8Array>;
  /** SHA-256 of all stored bytes, in hexadecimal digits. */
  readonly sha256: string;
  readonly expect: Expectation;
}

/** A body that is not yet anyone's. */
type Body =
  | { readonly whole: InlineBody | FileBody }
  | { readonly parts: readonly (ObjectPart & FileBody)[] };

/**
 * Takes buckets and objects over from another store, with their dates and their parts as they are. Nothing of an object
 * is there before all of it is, and its files have been read back and are what they should be.
 */
export class Adoption {
  readonly #parts: StoreParts;

  constructor(parts: StoreParts) {
    this.#parts = parts;
  }

  /** Makes a bucket together with its documents. @throws S3Error BucketAlreadyOwnedByYou */
  async bucket({ name, createdAt, documents }: AdoptedBucket): Promise<void> {
    await this.#parts.buckets.create(name, { createdAt, documents });
  }

  /**
   * Makes an object of bytes that another store holds.
   * @throws S3Error NoSuchBucket, PreconditionFailed, XMinioStorageFull, IncompleteBody; what `read` throws; Error when
   * what was written is not what was to be
   */
  async object(object: AdoptedObject): Promise<void> {
    const body = await this.#receive(object);
    try {
      if (await this.#digest(body) !== object.sha256) {
        throw new Error("the bytes read back after they were written are not those that were read before");
      }
      await this.#publish(object, body);
    } catch (thrown) {
      for (const one of bodiesOf(body)) await discardBody(this.#parts.files, one);
      throw thrown;
    }
  }

  async #receive({ parts, storedSize, read }: AdoptedObject): Promise<Body> {
    const attributes = () => undefined;
    if (parts.length === 0) {
      const received = await receiveBody(this.#parts.files, {
        body: read(0, storedSize),
        storedSize,
        attributes,
      });
      return { whole: received.body };
    }
    const received: (ObjectPart & FileBody)[] = [];
    let start = 0;
    try {
      for (const part of parts) {
        const incoming = { body: read(start, part.storedSize), storedSize: part.storedSize, attributes };
        const { body } = await receiveFile(this.#parts.files, incoming);
        received.push({ ...body, ...part });
        start += part.storedSize;
      }
    } catch (thrown) {
      for (const { file } of received) await this.#parts.files.discard(file);
      throw thrown;
    }
    return { parts: received };
  }

  /** SHA-256 of what was written, in hexadecimal digits. */
  async #digest(body: Body): Promise<string> {
    const hash = createHash("sha256");
    for (const one of bodiesOf(body)) {
      if ("bytes" in one) hash.update(one.bytes);
      else {
        const segment = { path: this.#parts.files.path(one.file), size: one.size };
        for await (const chunk of readFiles([segment], 0, one.size)) hash.update(chunk);
      }
    }
    return hash.digest("hex");
  }

  async #publish(object: AdoptedObject, body: Body): Promise<void> {
    const { attributes, key, lastModified, storedSize } = object;
    await this.#parts.commit.submit(() => {
      const bucket = this.#parts.buckets.requireInTransaction(object.bucket);
      const replaced = this.#parts.rows.current(bucket, key, object.expect);
      const released = replaced === undefined ? [] : this.#parts.contents.remove(replaced.content);
      const content = "whole" in body
        ? this.#parts.contents.insertBody(attributes, body.whole)
        : this.#parts.contents.insertSegments(
          attributes,
          object.uploadId ?? newUploadId(Date.now()),
          body.parts,
        );
      this.#parts.rows.put(bucket, key, { attributes, storedSize, content, lastModified });
      return released;
    }, (released) => {
      for (const one of bodiesOf(body)) if ("file" in one) this.#parts.files.publish(one.file);
      this.#parts.files.release(released);
    });
  }
}

function bodiesOf(body: Body): readonly (InlineBody | FileBody)[] {
  if ("whole" in body) return [body.whole];
  // The size of a part is that of its plaintext; its file has the stored one.
  return body.parts.map(({ file, storedSize }) => ({ file, size: storedSize }));
}
