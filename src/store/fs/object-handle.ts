import type { FileHandle } from "node:fs/promises";
import { readFiles } from "../files/blob-reader.ts";
import type { ObjectHandle, ObjectRecord } from "../store.ts";

/** An object whose file is open: it stays readable when the file is replaced or removed. */
export class OpenObject implements ObjectHandle {
  readonly record: ObjectRecord;
  readonly #handle: FileHandle;
  #open = true;
  #reading = 0;

  constructor(record: ObjectRecord, handle: FileHandle) {
    this.record = record;
    this.#handle = handle;
  }

  async *read(start: number, length: number): AsyncGenerator<Uint8Array> {
    if (!this.#open) throw new Error("the object handle is closed");
    const { key, storedSize } = this.record;
    this.#reading++;
    try {
      yield* readFiles([{ path: key, size: storedSize, handle: this.#handle }], start, length);
    } finally {
      this.#reading--;
      this.#closeFile();
    }
  }

  close(): void {
    this.#open = false;
    this.#closeFile();
  }

  /** A read that is under way ends first. */
  #closeFile(): void {
    if (this.#open || this.#reading > 0) return;
    this.#reading = Infinity;
    this.#handle.close().catch(() => {});
  }
}
