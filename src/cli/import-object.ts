import { createHash } from "node:crypto";
import { S3Error } from "../errors/s3-error.ts";
import { type AdoptionParts, adoptObject } from "../sse/adopt.ts";
import { encryptionKind } from "../sse/metadata.ts";
import { type SealedUnder, sealedUnder } from "../sse/sealed-under.ts";
import { ClosedObjectError } from "../sse/verify.ts";
import type { EmbeddedStore } from "../store/embedded/embedded-store.ts";
import type { FsReader } from "../store/fs/fs-reader.ts";
import type { Expectation, ListedObject, ObjectHandle, ObjectRecord } from "../store/store.ts";
import { FatalError } from "./command.ts";
import { patiently } from "./patience.ts";
import type { Progress } from "./progress.ts";

/** Why an object was not brought over, though it should have been. */
export type ImportFault = "damaged" | "closed" | "unreadable" | "failed";

/** What became of an object. */
export type ImportFacts =
  | ({ readonly state: "imported" } & SealedUnder)
  | { readonly state: "there" | "kept" | "left" | ImportFault };

/** What is brought from where to where. */
export interface Import {
  readonly from: FsReader;
  readonly to: EmbeddedStore;
  /** Whether encrypted objects are left behind. */
  readonly plainOnly: boolean;
  readonly keys: AdoptionParts;
}

/** One object that stays where it is, and why. */
export class Untaken extends Error {
  readonly state: ImportFault;

  constructor(state: ImportFault, cause: unknown) {
    super(state, { cause });
    this.state = state;
  }
}

/**
 * Brings one object over, unless it is there.
 * @returns `undefined` for one that is gone meanwhile
 * @throws Untaken; FatalError when the KMS stays away, or the disk is full
 */
export async function importObject(
  { from, to, plainOnly, keys }: Import,
  bucket: string,
  listed: ListedObject,
  progress: Progress,
): Promise<{ readonly facts: ImportFacts; readonly bytes: number } | undefined> {
  const { key } = listed;
  const there = await to.head(bucket, key);
  const state = there && standing(there, listed);
  if (state !== undefined) {
    progress.advance(listed.size);
    return { facts: { state }, bytes: 0 };
  }
  const handle = await reading(() => from.open(bucket, key));
  if (handle === undefined) return undefined;
  const { record } = handle;
  try {
    if (plainOnly && encryptionKind(record.metadata) !== "none") {
      progress.advance(listed.size);
      return { facts: { state: "left" }, bytes: 0 };
    }
    // Each byte passes twice: to be verified, and to be written.
    const passed = (bytes: number) => progress.advance(bytes / 2);
    const { adopted, sha256 } = await reading(() =>
      patiently(async () => {
        const hash = createHash("sha256");
        const seen = watched(handle, (chunk) => hash.update(chunk));
        return { adopted: await adoptObject(seen, keys, passed), sha256: hash.digest("hex") };
      })
    );
    const expect: Expectation = there === undefined ? { absent: true } : { revision: there.revision };
    const { lastModified, uploadId, storedSize } = record;
    const { read } = watched(handle, (chunk) => passed(chunk.length));
    await writing(() =>
      to.adoption.object({
        bucket,
        key,
        ...adopted,
        lastModified,
        uploadId,
        storedSize,
        read,
        sha256,
        expect,
      })
    );
    return { facts: { state: "imported", ...sealedUnder(record.metadata) }, bytes: storedSize };
  } finally {
    handle.close();
  }
}

/** What an object that is there means: the one to bring, from an earlier run, or one that is not older. */
function standing(there: ObjectRecord, { lastModified, size }: ListedObject): "there" | "kept" | undefined {
  if (there.lastModified === lastModified && there.size === size) return "there";
  return there.lastModified >= lastModified ? "kept" : undefined;
}

/** A handle whose bytes are seen on their way to who reads them. */
function watched(handle: ObjectHandle, see: (chunk: Uint8Array) => void): ObjectHandle {
  return {
    record: handle.record,
    async *read(start, length) {
      for await (const chunk of handle.read(start, length)) {
        see(chunk);
        yield chunk;
      }
    },
    close: () => {},
  };
}

async function reading<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (thrown instanceof FatalError) throw thrown;
    if (thrown instanceof ClosedObjectError) throw new Untaken("closed", thrown);
    throw new Untaken(thrown instanceof S3Error ? "damaged" : "unreadable", thrown);
  }
}

async function writing(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    throw diskFull(thrown) ?? new Untaken("failed", thrown);
  }
}

/** What ends an import whose new directory has no room left; `undefined` for any other error. */
export function diskFull(thrown: unknown): FatalError | undefined {
  if (!(thrown instanceof S3Error && thrown.code === "XMinioStorageFull")) return undefined;
  return new FatalError("The disk of the new directory is full.", {
    hint: "Free some space on it, and start the command again: it goes on where it was.",
    cause: thrown,
  });
}
