import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { S3Error } from "../../src/errors/s3-error.ts";
import type { Operation, Reply } from "../../src/s3/operation.ts";
import { openEmbeddedStore } from "../../src/store/embedded/open.ts";
import type { Store } from "../../src/store/store.ts";
import { type CallSketch, makeCall, replyBytes } from "./call.ts";

/** An embedded store with the buckets `box` and `other`, and a short way to run operations on it. */
export interface BucketFixture extends AsyncDisposable {
  readonly store: Store;
  run(operation: Operation, sketch: Omit<CallSketch, "store">): Promise<Answer>;
  /** Runs what is expected to fail. */
  fail(operation: Operation, sketch: Omit<CallSketch, "store">): Promise<S3Error>;
}

/** An answer with its body read. */
export interface Answer {
  readonly status: number;
  readonly headers: Reply["headers"];
  readonly bytes: Uint8Array;
  readonly text: string;
}

export async function openBuckets(): Promise<BucketFixture> {
  const directory = await mkdtemp(join(tmpdir(), "object-operations-"));
  const store = await openEmbeddedStore(directory);
  await store.createBucket("box");
  await store.createBucket("other");
  const fixture: BucketFixture = {
    store,
    async run(operation, sketch) {
      const reply = await operation.run(makeCall({ store, method: operation.method, ...sketch }));
      const bytes = await replyBytes(reply);
      return { status: reply.status, headers: reply.headers, bytes, text: new TextDecoder().decode(bytes) };
    },
    async fail(operation, sketch) {
      try {
        await fixture.run(operation, sketch);
      } catch (thrown) {
        if (thrown instanceof S3Error) return thrown;
        throw thrown;
      }
      throw new Error("the operation was expected to fail");
    },
    async [Symbol.asyncDispose]() {
      await store.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
  return fixture;
}
