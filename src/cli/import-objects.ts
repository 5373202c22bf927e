import { concurrently } from "../store/concurrently.ts";
import type { BucketDocument, BucketRecord } from "../store/store.ts";
import { everyBucket, everyObject } from "../store/walk.ts";
import { faultLine } from "./fault-line.ts";
import { diskFull, type Import, type ImportFacts, importObject, Untaken } from "./import-object.ts";
import type { Progress } from "./progress.ts";
import { Tally } from "./tally.ts";

/** Objects that are under way at a time. */
const AT_ONCE = 8;

const DOCUMENTS: readonly BucketDocument[] = ["policy", "encryption"];

/** What was done. */
export interface Imported {
  readonly tally: Tally<ImportFacts>;
  /** Stored bytes that were written. */
  readonly bytes: number;
}

/**
 * Brings all buckets and objects over, several at a time. What is wrong with one is told, and the others go on.
 * @throws FatalError when the KMS stays away, or the disk is full; what listing throws
 */
export async function importObjects(task: Import, progress: Progress, json: boolean): Promise<Imported> {
  const { from } = task;
  const tally = new Tally<ImportFacts>(["objects"]);
  let bytes = 0;
  for await (const bucket of everyBucket(from)) await importBucket(task, bucket);
  for await (const { bucket, objects } of everyObject(from)) {
    await concurrently(objects, AT_ONCE, async (listed) => {
      try {
        const facts = await importObject(task, bucket, listed, progress);
        if (facts === undefined) return;
        tally.add(facts.facts, "objects");
        bytes += facts.bytes;
      } catch (thrown) {
        if (!(thrown instanceof Untaken)) throw thrown;
        tally.add({ state: thrown.state }, "objects");
        progress.print(faultLine(thrown.state, { bucket, key: listed.key }, thrown.cause, json));
      }
    });
  }
  return { tally, bytes };
}

/** A bucket that is there already keeps its documents: they may have been changed since. */
async function importBucket({ from, to }: Import, { name, createdAt }: BucketRecord): Promise<void> {
  if (await to.getBucket(name) !== undefined) return;
  const documents = new Map<BucketDocument, string>();
  for (const document of DOCUMENTS) {
    const text = await from.getBucketDocument(name, document);
    if (text !== undefined) documents.set(document, text);
  }
  await to.adoption.bucket({ name, createdAt, documents }).catch((thrown) => {
    throw diskFull(thrown) ?? thrown;
  });
}
