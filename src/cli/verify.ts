import { S3Error } from "../errors/s3-error.ts";
import { type SealedUnder, sealedUnder } from "../sse/sealed-under.ts";
import { ClosedObjectError } from "../sse/verify.ts";
import { concurrently } from "../store/concurrently.ts";
import { everyObject } from "../store/walk.ts";
import { sizesText, sizeText } from "./amounts.ts";
import { type Command, FatalError } from "./command.ts";
import { faultLine } from "./fault-line.ts";
import { sealText } from "./key-text.ts";
import { type Offline, openOffline, parseDirectory } from "./offline.ts";
import { patiently } from "./patience.ts";
import { duration, showProgress } from "./progress.ts";
import { survey } from "./survey.ts";
import { Tally } from "./tally.ts";
import type { Terminal } from "./terminal.ts";

/** Objects that are read at a time. */
const AT_ONCE = 4;

const WHEN_LOCKED = "Stop the server first, or verify a copy of the directory.";

/** What is wrong with an object. */
type Fault = "damaged" | "missing" | "closed";

type Facts = ({ readonly state: "intact" } & SealedUnder) | { readonly state: Fault };

const FAULTS: Readonly<Record<Fault, string>> = {
  damaged: "DAMAGED",
  missing: "MISSING: listed, but their bytes are gone",
  closed: "CLOSED: their data keys do not open, so nothing can be told of them",
};

/** `minio-ts verify DIR` reads every object through its tags, and tells which are damaged. It changes none. */
export const verify: Command = {
  name: "verify",
  usage: "[FLAGS] DIR",
  summary: "read every object and tell which are damaged",
  flags: [["--json", "print JSON lines"]],
  examples: ["minio-ts verify /data"],
  async run(words, terminal) {
    const { directory, flags: { json } } = parseDirectory(words, ["json"]);
    const offline = await openOffline(directory, terminal, json, WHEN_LOCKED);
    try {
      return await verifyAll(offline, terminal, json);
    } finally {
      await offline.close();
    }
  },
};

async function verifyAll(offline: Offline, terminal: Terminal, json: boolean): Promise<number> {
  const { storage, store } = offline;
  const sse = await offline.encryption();
  const begin = performance.now();
  const tally = new Tally<Facts>(["objects"]);
  const progress = await showProgress(terminal, {
    shown: terminal.interactive && !json,
    total: async () => (await survey(store)).bytes,
    describe: sizesText,
  });
  let read = 0;
  const passed = (bytes: number) => {
    read += bytes;
    progress.advance(bytes);
  };

  async function verified(bucket: string, key: string): Promise<Facts | undefined> {
    const handle = await store.open(bucket, key);
    if (handle === undefined) return undefined;
    try {
      await sse.verify(handle, passed);
      return { state: "intact", ...sealedUnder(handle.record.metadata) };
    } finally {
      handle.close();
    }
  }

  try {
    for await (const { bucket, objects } of everyObject(store)) {
      await concurrently(objects, AT_ONCE, async ({ key }) => {
        try {
          const facts = await patiently(() => verified(bucket, key));
          if (facts !== undefined) tally.add(facts, "objects");
        } catch (thrown) {
          if (thrown instanceof FatalError) throw thrown;
          const state = faultOf(thrown);
          tally.add({ state }, "objects");
          progress.print(faultLine(state, { bucket, key }, thrown, json));
        }
      });
    }
  } finally {
    progress.end();
  }
  const whole = !tally.has(({ state }) => state !== "intact");
  if (json) {
    terminal.print(`${JSON.stringify({ storage, whole, bytes: read, objects: tally.rows(wordsOf) })}\n`);
  } else {
    const time = duration(performance.now() - begin);
    terminal.print(`Objects in ${storage}, ${sizeText(read)} read in ${time}:\n\n${tally.table(wordsOf)}\n`);
    terminal.print(whole ? "Nothing is damaged.\n" : "Not all objects are whole.\n");
  }
  return whole ? 0 : 1;
}

function faultOf(thrown: unknown): Fault {
  if (thrown instanceof ClosedObjectError) return "closed";
  const cause = thrown instanceof S3Error ? thrown.cause : thrown;
  return cause instanceof Error && "code" in cause && cause.code === "ENOENT" ? "missing" : "damaged";
}

function wordsOf(facts: Facts): string {
  if (facts.state !== "intact") return FAULTS[facts.state];
  if (facts.kind !== "sse-c") return sealText(facts);
  return `${sealText(facts)}: sizes and structure are right, what is in them was not read`;
}
