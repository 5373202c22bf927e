import { openEmbeddedStore } from "../../src/store/embedded/open.ts";

/** Fills buckets of a new embedded store with small objects named `key-000000000`, `key-000000001` ... */
export async function fill(
  directory: string,
  buckets: readonly (readonly [string, number])[],
): Promise<void> {
  const store = await openEmbeddedStore(directory);
  const body = new Uint8Array([1]);
  for (const [bucket, count] of buckets) {
    await store.createBucket(bucket);
    for (let first = 0; first < count; first += 2000) {
      await Promise.all(Array.from({ length: Math.min(2000, count - first) }, (_, i) =>
        store.putObject({
          bucket,
          key: `key-${String(first + i).padStart(9, "0")}`,
          body: once(body),
          storedSize: 1,
          attributes: () => ({
            size: 1,
            etag: "55a54008ad1ba589aa210d2629c1df41",
            metadata: { "content-type": "application/octet-stream" },
          }),
        })));
    }
  }
  await store.close();
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
