import { tampered } from "../../errors/tampered.ts";
import type { ObjectHandle, ObjectRecord } from "../store.ts";
import type { BlobFiles } from "./blob-files.ts";
import { type BodySegment, readFiles } from "../files/blob-reader.ts";

/** An object whose body came with its row. */
export class InlineHandle implements ObjectHandle {
  readonly record: ObjectRecord;
  readonly #bytes: Uint8Array;

  constructor(record: ObjectRecord, bytes: Uint8Array) {
    this.record = record;
    this.#bytes = bytes;
  }

  async *read(start: number, length: number): AsyncGenerator<Uint8Array> {
    const end = start + length;
    if (end > this.#bytes.length) {
      throw tampered(`the body ends at ${this.#bytes.length}, before ${end}`);
    }
    // A copy when a part of it is asked for twice would still be the consumer's alone.
    if (length > 0) yield this.#bytes.slice(start, end);
  }

  close(): void {}
}

/** An object whose body rests in files, which stay until the handle is closed. */
export class FileHandleOfObject implements ObjectHandle {
  readonly record: ObjectRecord;
  readonly #files: BlobFiles;
  readonly #names: readonly string[];
  readonly #segments: readonly BodySegment[];
  #open = true;

  constructor(
    record: ObjectRecord,
    segments: readonly { readonly file: string; readonly storedSize: number }[],
    files: BlobFiles,
  ) {
    this.record = record;
    this.#files = files;
    this.#names = segments.map((segment) => segment.file);
    this.#segments = segments.map(({ file, storedSize }) => ({ path: files.path(file), size: storedSize }));
    files.pin(this.#names);
  }

  read(start: number, length: number): AsyncIterable<Uint8Array> {
    if (!this.#open) throw new Error("the object handle is closed");
    return readFiles(this.#segments, start, length);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#files.unpin(this.#names);
  }
}
