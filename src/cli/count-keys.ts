import { type SealedUnder, sealedUnder } from "../sse/sealed-under.ts";
import { storeKeySealedUnder } from "../sse/store-key.ts";
import { unlessTampered } from "../errors/tampered.ts";
import { concurrently } from "../store/concurrently.ts";
import type { Metadata } from "../store/store.ts";
import { everyObject, everyUpload } from "../store/walk.ts";
import { objectsText } from "./amounts.ts";
import { keyText, sealText } from "./key-text.ts";
import type { Offline } from "./offline.ts";
import { showProgress } from "./progress.ts";
import { survey } from "./survey.ts";
import { Tally } from "./tally.ts";
import type { Terminal } from "./terminal.ts";

/** Objects that are looked at together. */
const AT_ONCE = 16;

type Facts = SealedUnder | { readonly kind: "damaged" };

/** Counts what is sealed under which key, for `rewrap --dry-run`. Asks no KMS. @returns the exit code */
export async function countKeys({ storage, store }: Offline, terminal: Terminal, json: boolean) {
  const tally = new Tally<Facts>(["objects", "uploads"]);
  const progress = await showProgress(terminal, {
    shown: terminal.interactive && !json,
    total: async () => (await survey(store)).objects,
    describe: objectsText,
  });
  try {
    for await (const { bucket, objects } of everyObject(store)) {
      await concurrently(objects, AT_ONCE, async ({ key }) => {
        const record = await store.head(bucket, key);
        if (record !== undefined) tally.add(factsOf(record.metadata), "objects");
        progress.advance(1);
      });
    }
    for await (const uploads of everyUpload(store)) {
      for (const { metadata } of uploads) tally.add(factsOf(metadata), "uploads");
    }
  } finally {
    progress.end();
  }
  const storeKey = await storeKeySealedUnder(store);
  if (json) {
    terminal.print(`${JSON.stringify({ storage, dataKeys: tally.rows(wordsOf), storeKey })}\n`);
  } else {
    terminal.print(`Data keys in ${storage}:\n\n${tally.table(wordsOf)}`);
    if (storeKey !== undefined) {
      terminal.print(`\nThe key of the storage itself: sealed under ${keyText(storeKey)}.\n`);
    }
  }
  return 0;
}

function factsOf(metadata: Metadata): Facts {
  return unlessTampered(() => sealedUnder(metadata)) ?? { kind: "damaged" };
}

function wordsOf(facts: Facts): string {
  return facts.kind === "damaged" ? "damaged: how it is sealed cannot be told" : sealText(facts);
}
