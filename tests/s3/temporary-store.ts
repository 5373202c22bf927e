import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEmbeddedStore } from "../../src/store/embedded/open.ts";
import type { Metadata, ObjectRecord, Store } from "../../src/store/store.ts";

/** An embedded store in a directory of its own, and the way to be rid of both. */
export async function temporaryStore(): Promise<{ store: Store; remove: () => Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), "minio-ts-s3-"));
  const store = await openEmbeddedStore(directory);
  return {
    store,
    async remove() {
      await store.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Stores a plain object, past the operations. Its ETag is `etag`. */
export function seed(
  store: Store,
  bucket: string,
  key: string,
  { content = "", etag = "d41d8cd98f00b204e9800998ecf8427e", metadata = {} }: {
    content?: string;
    etag?: string;
    metadata?: Metadata;
  } = {},
): Promise<ObjectRecord> {
  const bytes = new TextEncoder().encode(content);
  return store.putObject({
    bucket,
    key,
    body: (async function* () {
      if (bytes.length > 0) yield bytes;
    })(),
    storedSize: bytes.length,
    attributes: () => ({ size: bytes.length, etag, metadata }),
  });
}
