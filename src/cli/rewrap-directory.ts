import { rewrapObject, rewrapUpload } from "../sse/rewrap-object.ts";
import { rewrapStoreKey, storeKeySealedUnder } from "../sse/store-key.ts";
import { concurrently } from "../store/concurrently.ts";
import { everyUpload } from "../store/walk.ts";
import { FatalError } from "./command.ts";
import type { Offline } from "./offline.ts";
import { patiently } from "./patience.ts";
import {
  AT_ONCE,
  outcomeText,
  rewrapEveryObject,
  rewrapOne,
  rewrapProgress,
  type RewrapTally,
} from "./rewrap-keys.ts";
import { Tally } from "./tally.ts";
import type { Terminal } from "./terminal.ts";

/** Seals all data keys in a directory anew: those of objects, of unfinished uploads, and its own. @returns the exit code */
export async function rewrapDirectory(offline: Offline, terminal: Terminal, json: boolean): Promise<number> {
  const { store, kms, kmsLine } = offline;
  if (kms === undefined) {
    throw new FatalError("No KMS is configured under which anything could be sealed.", {
      hint: "Set MINIO_SSE_VAULT_ENDPOINT, or MINIO_SSE_MASTER_KEY.",
    });
  }
  const before = await storeKeySealedUnder(store);
  const sse = await offline.encryption();
  const tally: RewrapTally = new Tally(["objects", "uploads"]);
  const progress = await rewrapProgress(store, terminal, json);
  try {
    const rewrap = (bucket: string, key: string) => rewrapObject(store, sse, bucket, key);
    await rewrapEveryObject(store, rewrap, tally, progress, json);
    for await (const uploads of everyUpload(store)) {
      await concurrently(uploads, AT_ONCE, async (upload) => {
        const task = { ...upload, rewrap: () => rewrapUpload(store, sse, upload) };
        const outcome = await rewrapOne(task, progress, json);
        if (outcome !== undefined) tally.add({ outcome }, "uploads");
      });
    }
  } finally {
    progress.end();
  }
  const done = await patiently(() => rewrapStoreKey(store, kms));
  // One under a former key was sealed anew as soon as the encryption was opened.
  const isFormer = before !== undefined && before.keyId !== kms.keyId;
  const storeKey = done === "current" && isFormer ? "renewed" : done;
  if (json) {
    terminal.print(`${JSON.stringify({ kms: kmsLine, dataKeys: tally.rows(outcomeText), storeKey })}\n`);
  } else {
    terminal.print(`Data keys under ${kmsLine}:\n\n${tally.table(outcomeText)}`);
    if (storeKey !== "none") {
      terminal.print(`\nThe key of the storage itself: ${outcomeText({ outcome: storeKey })}.\n`);
    }
  }
  return tally.has(({ outcome }) => outcome === "failed") ? 1 : 0;
}
