import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openFsStore } from "../../../src/store/fs/open.ts";
import type { Store } from "../../../src/store/store.ts";

/** A directory for one test, with the stores opened on it. */
export class TestDirectory implements AsyncDisposable {
  readonly path: string;
  readonly #stores: Store[] = [];

  /** @param place where it is made */
  constructor(place = tmpdir()) {
    this.path = mkdtempSync(join(place, "fs-store-"));
  }

  async open(): Promise<Store> {
    const store = await openFsStore(this.path);
    this.#stores.push(store);
    return store;
  }

  text(...path: readonly string[]): string {
    return readFileSync(join(this.path, ...path), "utf8");
  }

  bytes(...path: readonly string[]): Buffer {
    return readFileSync(join(this.path, ...path));
  }

  /** The fs.json of an object. */
  fsJson(bucket: string, key: string): string {
    return this.text(".minio.sys/buckets", bucket, key, "fs.json");
  }

  has(...path: readonly string[]): boolean {
    return statSync(join(this.path, ...path), { throwIfNoEntry: false }) !== undefined;
  }

  /** Paths of all files, but for those of the store's own housekeeping. */
  files(): string[] {
    return readdirSync(this.path, { recursive: true, encoding: "utf8" })
      .filter((name) => statSync(join(this.path, name), { throwIfNoEntry: false })?.isFile())
      .filter((name) => !name.startsWith(".minio.sys/minio-ts/locks/") && !name.endsWith("/alive"))
      .sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const store of this.#stores) await store.close();
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** fs.json as MinIO would have written it: without the member that only this program knows. */
export function withoutOwn(text: string): string {
  return text.replace(/,"minio-ts":\{.*\}\}$/, "}");
}
