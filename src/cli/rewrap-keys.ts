import type { RewrapOutcome } from "../sse/rewrap-object.ts";
import { concurrently } from "../store/concurrently.ts";
import type { Store } from "../store/store.ts";
import { everyObject } from "../store/walk.ts";
import { objectsText } from "./amounts.ts";
import { FatalError } from "./command.ts";
import { faultLine } from "./fault-line.ts";
import { patiently } from "./patience.ts";
import { type Progress, showProgress } from "./progress.ts";
import { survey } from "./survey.ts";
import type { Tally } from "./tally.ts";
import type { Terminal } from "./terminal.ts";

/** Data keys that are sealed anew at a time. */
export const AT_ONCE = 16;

/** What became of a data key; `unsealed` where a server has none to seal, and does not say why. */
export type Outcome = RewrapOutcome | "done" | "unsealed" | "failed";

const OUTCOMES: Readonly<Record<Outcome, string>> = {
  renewed: "sealed anew",
  current: "sealed under the current key already",
  done: "sealed under the current key",
  "sse-c": "sealed by their customers, as they stay",
  none: "plain",
  unsealed: "plain, or sealed by their customers",
  failed: "failed",
};

/** An outcome in words. */
export function outcomeText({ outcome }: { readonly outcome: Outcome }): string {
  return OUTCOMES[outcome];
}

/** Counts what became of data keys. */
export type RewrapTally = Tally<{ readonly outcome: Outcome }>;

/** One data key: whose it is, and what seals it anew; `undefined` comes of what has gone meanwhile. */
export interface RewrapTask {
  readonly bucket: string;
  readonly key: string;
  readonly rewrap: () => Promise<Outcome | undefined>;
}

/** The bar over all objects of a store. */
export async function rewrapProgress(
  store: Pick<Store, "listBuckets" | "listObjects">,
  terminal: Terminal,
  json: boolean,
): Promise<Progress> {
  return await showProgress(terminal, {
    shown: terminal.interactive && !json,
    total: async () => (await survey(store)).objects,
    describe: objectsText,
  });
}

/**
 * Seals the data keys of all objects anew, several at a time.
 * @throws FatalError when the KMS stays away; what listing throws
 */
export async function rewrapEveryObject(
  store: Pick<Store, "listBuckets" | "listObjects">,
  rewrap: (bucket: string, key: string) => Promise<Outcome | undefined>,
  tally: RewrapTally,
  progress: Progress,
  json: boolean,
): Promise<void> {
  for await (const { bucket, objects } of everyObject(store)) {
    await concurrently(objects, AT_ONCE, async ({ key }) => {
      const outcome = await rewrapOne({ bucket, key, rewrap: () => rewrap(bucket, key) }, progress, json);
      if (outcome !== undefined) tally.add({ outcome }, "objects");
      progress.advance(1);
    });
  }
}

/** Does one task, and tells of a failure instead of ending with it. @throws FatalError when the KMS stays away */
export async function rewrapOne(
  { bucket, key, rewrap }: RewrapTask,
  progress: Progress,
  json: boolean,
): Promise<Outcome | undefined> {
  try {
    return await patiently(rewrap);
  } catch (thrown) {
    if (thrown instanceof FatalError) throw thrown;
    progress.print(faultLine("failed", { bucket, key }, thrown, json));
    return "failed";
  }
}
