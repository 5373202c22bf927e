import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { mkdir, readdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { S3Error } from "../../errors/s3-error.ts";
import { tampered } from "../../errors/tampered.ts";
import { setTimeout } from "node:timers";
import { DirectorySync, syncDirectory } from "../files/directory-sync.ts";
import { freeSpace } from "../files/free-space.ts";
import { FreeSpace } from "./free-space.ts";

/** The directory of body files inside the store's directory. */
export const BLOB_DIRECTORY = "blobs";

const FILE_NAME = /^[0-9a-f]{32}$/;
const FAN_OUT = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, "0"));
/** Kept free, so that deletes, which need some room in the write-ahead log, still work when writes no longer do. */
const RESERVE = 32 * 1024 * 1024;
const REMOVAL_DELAY_MS = 50;
const REMOVED_AT_ONCE = 16;

/**
 * The files that hold bodies: their names, and who still needs them. A file has a random name that is never used again.
 * It is a draft from its creation until a row names it; a reader may pin it; and once no row names it any more it is
 * removed as soon as no reader pins it.
 */
export class BlobFiles {
  readonly #root: string;
  readonly #freeSpace: FreeSpace;
  readonly #directories = new DirectorySync();
  readonly #drafts = new Set<string>();
  readonly #pins = new Map<string, number>();
  /** No row names them, and readers still do. */
  readonly #condemned = new Set<string>();
  #removable: string[] = [];
  #removing: Promise<void> | undefined;

  private constructor(root: string, free: (directory: string) => number) {
    this.#root = root;
    this.#freeSpace = new FreeSpace(() => free(root));
  }

  /** Opens `directory`, making it and its 256 fan-out directories durable where they are missing. */
  static async open(directory: string, free = freeSpace): Promise<BlobFiles> {
    await mkdir(directory, { recursive: true });
    const present = new Set(await readdir(directory));
    const missing = FAN_OUT.filter((name) => !present.has(name));
    // At once: so many round trips to the runtime's threads would take longer than the directories.
    for (const name of missing) mkdirSync(join(directory, name));
    if (missing.length > 0) await syncDirectory(directory);
    return new BlobFiles(directory, free);
  }

  /** @throws S3Error XMinioObjectTampered for a name that no file here has, which could lead anywhere */
  path(file: string): string {
    if (!FILE_NAME.test(file)) throw tampered("the row of the object names an impossible file");
    return join(this.#directory(file), file);
  }

  /** @throws S3Error XMinioStorageFull when `size` bytes more would eat into the reserve of free space */
  requireSpace(size: number): void {
    if (!this.#freeSpace.take(size, RESERVE)) throw new S3Error("XMinioStorageFull");
  }

  /** A new name, of a draft. */
  draft(): string {
    const file = randomBytes(16).toString("hex");
    this.#drafts.add(file);
    return file;
  }

  /** Makes the name of a file durable; its bytes are the writer's affair. */
  syncName(file: string): Promise<void> {
    return this.#directories.sync(this.#directory(file));
  }

  /** A row names the file now. */
  publish(file: string): void {
    this.#drafts.delete(file);
  }

  /** Removes a draft that no row will name. */
  async discard(file: string): Promise<void> {
    await this.#remove(file);
    this.#drafts.delete(file);
  }

  /** Keeps files for a reader. */
  pin(files: readonly string[]): void {
    for (const file of files) this.#pins.set(file, (this.#pins.get(file) ?? 0) + 1);
  }

  unpin(files: readonly string[]): void {
    const free: string[] = [];
    for (const file of files) {
      const left = (this.#pins.get(file) ?? 0) - 1;
      if (left > 0) {
        this.#pins.set(file, left);
        continue;
      }
      this.#pins.delete(file);
      if (this.#condemned.delete(file)) free.push(file);
    }
    this.#removeSoon(free);
  }

  /** No row names the files any more. They go once no reader needs them. */
  release(files: readonly string[]): void {
    const free: string[] = [];
    for (const file of files) {
      if (this.#pins.has(file)) this.#condemned.add(file);
      else free.push(file);
    }
    this.#removeSoon(free);
  }

  /** Whether a file must stay although no row may name it: it is being written or read. */
  inUse(file: string): boolean {
    return this.#drafts.has(file) || this.#pins.has(file);
  }

  /** Names of all files of the store that are in one fan-out directory; other files are not ours to touch. */
  async *everyDirectory(): AsyncGenerator<readonly string[]> {
    for (const name of FAN_OUT) {
      const files = await readdir(join(this.#root, name));
      yield files.filter((file) => FILE_NAME.test(file) && file.startsWith(name));
    }
  }

  /** Resolves once everything released by now, and not pinned, is gone. */
  async settled(): Promise<void> {
    while (this.#removing !== undefined) await this.#removing;
  }

  #directory(file: string): string {
    return join(this.#root, file.slice(0, 2));
  }

  #removeSoon(files: readonly string[]): void {
    if (files.length === 0) return;
    for (const file of files) this.#removable.push(file);
    this.#removing ??= this.#removeBatches().finally(() => this.#removing = undefined);
  }

  /** A little later and a few at a time: removals must not stand in the way of the writes that caused them. */
  async #removeBatches(): Promise<void> {
    while (this.#removable.length > 0) {
      await new Promise((resolve) => setTimeout(resolve, REMOVAL_DELAY_MS));
      const files = this.#removable;
      this.#removable = [];
      for (let i = 0; i < files.length; i += REMOVED_AT_ONCE) {
        await Promise.all(files.slice(i, i + REMOVED_AT_ONCE).map((file) => this.#remove(file)));
      }
    }
  }

  /** A file that cannot be removed is left for the next sweep; one with an impossible name is none of this store's. */
  async #remove(file: string): Promise<void> {
    if (FILE_NAME.test(file)) await unlink(this.path(file)).catch(() => {});
  }
}
