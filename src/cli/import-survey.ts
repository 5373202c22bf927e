import { S3Error } from "../errors/s3-error.ts";
import type { Kms } from "../kms/kms.ts";
import { type EncryptedBy, type Encryption, readEncryption } from "../sse/metadata.ts";
import { openUnderKms } from "../sse/object-key.ts";
import type { FsReader } from "../store/fs/fs-reader.ts";
import type { Metadata } from "../store/store.ts";
import { everyObject } from "../store/walk.ts";
import { FatalError } from "./command.ts";
import { keyText } from "./key-text.ts";
import { patiently } from "./patience.ts";

/** Data keys of each KMS key that are tried before anything is written: one may be damaged. */
const SAMPLES = 3;

/** A data key of an object. */
interface Sample {
  readonly bucket: string;
  readonly key: string;
  readonly encryption: EncryptedBy<"sse-s3">;
}

/** What there is to import. */
export interface ImportSurvey {
  /** Of plaintext. */
  readonly bytes: number;
  /** How many objects there are under customers' keys. */
  readonly customers: number;
  /** How many there are under each key of a KMS, and some of them. */
  readonly keys: ReadonlyMap<string, { readonly count: number; readonly samples: readonly Sample[] }>;
}

/** Looks over all objects, without their bytes. */
export async function surveyImport(reader: FsReader): Promise<ImportSurvey> {
  const keys = new Map<string, { count: number; samples: Sample[] }>();
  let bytes = 0;
  let customers = 0;
  for await (const { bucket, objects } of everyObject(reader)) {
    for (const { key, size, metadata = {} } of objects) {
      bytes += size;
      const encryption = encryptionOf(metadata);
      if (encryption.kind === "sse-c") customers++;
      if (encryption.kind !== "sse-s3") continue;
      const under = keys.get(encryption.keyId) ?? { count: 0, samples: [] };
      keys.set(encryption.keyId, under);
      under.count++;
      if (under.samples.length < SAMPLES) under.samples.push({ bucket, key, encryption });
    }
  }
  return { bytes, customers, keys };
}

/** Damage is told when the object's turn comes. */
function encryptionOf(metadata: Metadata): Encryption {
  try {
    return readEncryption(metadata);
  } catch (thrown) {
    if (thrown instanceof S3Error) return { kind: "none" };
    throw thrown;
  }
}

/**
 * Makes sure that the KMS is there which encrypted objects take, before anything is written. One that opens the data keys
 * of some is the right one: what it does not open is told object by object.
 * @throws FatalError that names the keys
 */
export async function requireKeys(survey: ImportSurvey, root: string, kms: Kms | undefined): Promise<void> {
  const { keys, customers } = survey;
  if (keys.size === 0 && customers === 0) return;
  if (kms === undefined) throw keysMissing(survey, root);
  const closed: string[] = [];
  for (const [keyId, { samples }] of keys) {
    const reason = await whyClosed(samples, kms);
    if (reason !== undefined) closed.push(`${keyText({ keyId })}: ${reason}`);
  }
  if (closed.length < keys.size || keys.size === 0) return;
  throw new FatalError(`The KMS opens no data key of the objects in ${root}. Nothing was written.`, {
    hint:
      "Configure the KMS that they were sealed with, a former master key with MINIO_SSE_MASTER_KEY_RETIRED, " +
      "or leave encrypted objects behind with --plain-only.",
    details: closed,
  });
}

function keysMissing({ keys, customers }: ImportSurvey, root: string): FatalError {
  const details = [...keys].map(([keyId, { count }]) =>
    `${objects(count)} sealed under ${keyText({ keyId })}`
  );
  if (customers > 0) details.push(`${objects(customers)} sealed by their customers`);
  return new FatalError(
    `There are encrypted objects in ${root}, and no KMS is configured. Nothing was written.`,
    {
      hint:
        (keys.size > 0
          ? "Configure the KMS that these keys belong to, "
          : "Configure a KMS, whose key proves the records of these objects; a new master key will do, ") +
        "or leave encrypted objects behind with --plain-only.",
      details,
    },
  );
}

const objects = (count: number) => `${count} ${count === 1 ? "object" : "objects"}`;

/** @returns `undefined` when at least one of the data keys opens @throws FatalError when the KMS stays away */
async function whyClosed(samples: readonly Sample[], kms: Kms): Promise<string | undefined> {
  let reason: string | undefined;
  for (const { encryption, ...object } of samples) {
    try {
      await patiently(() => openUnderKms(encryption, object, kms));
      return undefined;
    } catch (thrown) {
      if (!(thrown instanceof S3Error)) throw thrown;
      reason ??= thrown.cause instanceof Error ? thrown.cause.message : thrown.message;
    }
  }
  return reason;
}
