import { rewrapObject, type RewrapOutcome, rewrapUpload } from "../sse/rewrap-object.ts";
import { rewrapStoreKey } from "../sse/store-key.ts";
import { concurrently } from "../store/concurrently.ts";
import { everyObject, everyUpload } from "../store/walk.ts";
import { objectsText } from "./amounts.ts";
import { type Command, FatalError } from "./command.ts";
import { countKeys } from "./count-keys.ts";
import { faultLine } from "./fault-line.ts";
import { type Offline, openOffline, parseDirectory } from "./offline.ts";
import { patiently } from "./patience.ts";
import { showProgress } from "./progress.ts";
import { survey } from "./survey.ts";
import { Tally } from "./tally.ts";
import type { Terminal } from "./terminal.ts";

/** Data keys that are sealed anew at a time. */
const AT_ONCE = 16;

const WHEN_LOCKED =
  "Stop the server first. While it runs it can seal the data key of one object after the other anew: " +
  "that is the S3 call UpdateObjectEncryption.";

/** What became of a data key. */
type Outcome = RewrapOutcome | "failed";

const OUTCOMES: Readonly<Record<Outcome, string>> = {
  renewed: "sealed anew",
  current: "sealed under the current key already",
  "sse-c": "sealed by their customers, as they stay",
  none: "plain",
  failed: "failed",
};

/**
 * `minio-ts rewrap DIR` seals every data key under the current key of the KMS. There is no state beside the data keys
 * themselves: who starts it again, however it ended, passes over what is done.
 */
export const rewrap: Command = {
  name: "rewrap",
  usage: "[FLAGS] DIR",
  summary: "seal all data keys under the current key of the KMS",
  flags: [
    ["--dry-run", "only count what is sealed under which key and version; needs no KMS"],
    ["--json", "print JSON lines"],
  ],
  examples: ["minio-ts rewrap --dry-run /data", "minio-ts rewrap /data"],
  async run(words, terminal) {
    const { directory, flags } = parseDirectory(words, ["dry-run", "json"]);
    const offline = await openOffline(directory, terminal, flags.json, WHEN_LOCKED);
    try {
      if (flags["dry-run"]) return await countKeys(offline, terminal, flags.json);
      return await rewrapAll(offline, terminal, flags.json);
    } finally {
      await offline.close();
    }
  },
};

async function rewrapAll(offline: Offline, terminal: Terminal, json: boolean): Promise<number> {
  const { store, kms, kmsLine } = offline;
  if (kms === undefined) {
    throw new FatalError("No KMS is configured under which anything could be sealed.", {
      hint: "Set MINIO_SSE_VAULT_ENDPOINT, or MINIO_SSE_MASTER_KEY.",
    });
  }
  const sse = await offline.encryption();
  const tally = new Tally<{ readonly outcome: Outcome }>(["objects", "uploads"]);
  const progress = await showProgress(terminal, {
    shown: terminal.interactive && !json,
    total: async () => (await survey(store)).objects,
    describe: objectsText,
  });
  const each = async (bucket: string, key: string, work: () => Promise<RewrapOutcome | undefined>) => {
    try {
      return await patiently(work);
    } catch (thrown) {
      if (thrown instanceof FatalError) throw thrown;
      progress.print(faultLine("failed", { bucket, key }, thrown, json));
      return "failed";
    }
  };
  try {
    for await (const { bucket, objects } of everyObject(store)) {
      await concurrently(objects, AT_ONCE, async ({ key }) => {
        const outcome = await each(bucket, key, () => rewrapObject(store, sse, bucket, key));
        if (outcome !== undefined) tally.add({ outcome }, "objects");
        progress.advance(1);
      });
    }
    for await (const uploads of everyUpload(store)) {
      await concurrently(uploads, AT_ONCE, async (upload) => {
        const outcome = await each(upload.bucket, upload.key, () => rewrapUpload(store, sse, upload));
        if (outcome !== undefined) tally.add({ outcome }, "uploads");
      });
    }
  } finally {
    progress.end();
  }
  const storeKey = await patiently(() => rewrapStoreKey(store, kms));
  const words = ({ outcome }: { readonly outcome: Outcome }) => OUTCOMES[outcome];
  if (json) {
    terminal.print(`${JSON.stringify({ kms: kmsLine, dataKeys: tally.rows(words), storeKey })}\n`);
  } else {
    terminal.print(`Data keys under ${kmsLine}:\n\n${tally.table(words)}\n`);
    if (storeKey !== "none") terminal.print(`The key of the storage itself: ${OUTCOMES[storeKey]}.\n`);
  }
  return tally.has(({ outcome }) => outcome === "failed") ? 1 : 0;
}
