import { Buffer } from "node:buffer";
import { type FileHandle, open } from "node:fs/promises";
import { BufferPool } from "./buffer-pool.ts";
import { explainFullDisk } from "./storage-full.ts";

const WRITE_SIZE = 512 * 1024;
/** A write may wait long for a flush that runs; the hashes must not run out of bytes meanwhile. */
const MOST_OUTSTANDING = 6;
/** A flush starts each time so much was written, so that little is left to flush at the end. */
const FLUSH_EVERY = 8 * 1024 * 1024;
const BUFFERS = new BufferPool(WRITE_SIZE, 24, 8);

/** Where a writer gets its file from. */
export interface DraftFiles {
  /** A new name. */
  draft(): string;
  path(file: string): string;
  /** Makes the name of a file durable. */
  syncName(file: string): Promise<void>;
  /** Removes a draft. Never throws. */
  discard(file: string): Promise<void>;
  /** @throws S3Error XMinioStorageFull when there is no room for `size` bytes more */
  requireSpace(size: number): void;
}

/** A body in a file of its own. */
export interface FileBody {
  readonly size: number;
  readonly file: string;
}

/**
 * Writes one new file, in writes of up to 512 KiB of which six may be outstanding. After `finish` the file and its name
 * are durable. Every failure is an S3Error XMinioStorageFull or the system's own error, and then `abandon` is due.
 */
export class BlobWriter {
  readonly #file: string;
  readonly #files: DraftFiles;
  readonly #handle: FileHandle;
  readonly #named: Promise<void>;
  readonly #outstanding: Promise<void>[] = [];
  #buffer: Buffer | undefined;
  #filled = 0;
  #position = 0;
  #flushing: Promise<void> | undefined;
  #flushDue = FLUSH_EVERY;

  private constructor(files: DraftFiles, file: string, handle: FileHandle) {
    this.#files = files;
    this.#file = file;
    this.#handle = handle;
    // The name exists already, so its sync can run beside the writes.
    this.#named = files.syncName(file);
    this.#named.catch(() => {});
  }

  static async create(files: DraftFiles): Promise<BlobWriter> {
    const file = files.draft();
    try {
      return new BlobWriter(files, file, await open(files.path(file), "wx"));
    } catch (error) {
      await files.discard(file);
      throw explainFullDisk(error);
    }
  }

  /** Bytes taken so far. */
  get size(): number {
    return this.#position + this.#filled;
  }

  /** Takes the bytes of `chunk`, which is the caller's again when this resolves. */
  async write(chunk: Uint8Array): Promise<void> {
    let rest = chunk;
    while (rest.length > 0) {
      this.#buffer ??= BUFFERS.take();
      if (this.#buffer === undefined) return await this.#writeThrough(rest);
      const taken = rest.subarray(0, WRITE_SIZE - this.#filled);
      this.#buffer.set(taken, this.#filled);
      this.#filled += taken.length;
      rest = rest.subarray(taken.length);
      if (this.#filled === WRITE_SIZE) await this.#writeBuffer();
    }
  }

  /** Resolves once all bytes and the name are durable. */
  async finish(): Promise<FileBody> {
    if (this.#filled > 0) await this.#writeBuffer();
    await this.#settle(0);
    try {
      await this.#flushing;
      await this.#handle.datasync();
      await this.#named;
      await this.#handle.close();
    } catch (error) {
      throw explainFullDisk(error);
    }
    return { size: this.size, file: this.#file };
  }

  /** Closes and removes the file. Never throws. */
  async abandon(): Promise<void> {
    await Promise.allSettled([...this.#outstanding, this.#flushing]);
    this.#giveBack();
    await this.#handle.close().catch(() => {});
    await this.#files.discard(this.#file);
  }

  async #writeBuffer(): Promise<void> {
    const buffer = this.#buffer;
    if (buffer === undefined) return;
    const position = this.#position;
    const bytes = buffer.subarray(0, this.#filled);
    this.#buffer = undefined;
    this.#filled = 0;
    this.#position += bytes.length;
    const write = this.#writeAt(bytes, position).finally(() => BUFFERS.give(buffer));
    write.catch(() => {});
    this.#outstanding.push(write);
    await this.#settle(MOST_OUTSTANDING - 1);
  }

  /** Without a buffer: the caller waits, so that the bytes stay the caller's. */
  async #writeThrough(bytes: Uint8Array): Promise<void> {
    await this.#settle(0);
    const position = this.#position;
    this.#position += bytes.length;
    await this.#writeAt(bytes, position);
  }

  async #settle(left: number): Promise<void> {
    while (this.#outstanding.length > left) {
      await this.#outstanding[0];
      this.#outstanding.shift();
    }
  }

  async #writeAt(bytes: Uint8Array, position: number): Promise<void> {
    try {
      this.#files.requireSpace(bytes.length);
      for (let done = 0; done < bytes.length;) {
        const rest = bytes.length - done;
        done += (await this.#handle.write(bytes, done, rest, position + done)).bytesWritten;
      }
    } catch (error) {
      throw explainFullDisk(error);
    }
    this.#flushAhead(position);
  }

  #flushAhead(written: number): void {
    if (written < this.#flushDue || this.#flushing !== undefined) return;
    this.#flushDue = written + FLUSH_EVERY;
    const flushing = this.#handle.datasync();
    this.#flushing = flushing;
    // A failure is kept for `finish`: the kernel reports a lost write only once.
    flushing.then(() => this.#flushing = undefined, () => {});
  }

  #giveBack(): void {
    if (this.#buffer !== undefined) BUFFERS.give(this.#buffer);
    this.#buffer = undefined;
    this.#filled = 0;
  }
}
