import { expect, test } from "bun:test";
import { S3Error } from "../../src/errors/s3-error.ts";
import type { Kms } from "../../src/kms/kms.ts";
import { masterKeyKms } from "../../src/kms/master-key.ts";
import { Secret } from "../../src/crypto/secret.ts";
import { KmsMeter } from "../../src/metrics/kms-meter.ts";

const kms = masterKeyKms({ keyId: "k", key: new Secret(new Uint8Array(32)) });
const context = { bucket: "bucket/key" };

/** A KMS that fails to generate keys in this way. */
function failing(code: "ServiceUnavailable" | "InternalError"): Kms {
  return { ...kms, generateDataKey: () => Promise.reject(new S3Error(code)) };
}

test("a metered KMS does what the KMS does, and every call is counted once", async () => {
  const meter = new KmsMeter();
  const metered = meter.metered(kms);
  const { keyId, sealed, plaintext } = await metered.generateDataKey(context);
  expect((await metered.openDataKey(keyId, sealed, context)).reveal()).toEqual(plaintext.reveal());
  expect(await metered.rewrapDataKey(keyId, sealed, context)).toBeUndefined();
  expect([meter.succeeded, meter.refused, meter.unavailable]).toEqual([3, 0, 0]);
  expect(meter.latency.samples().at(-1)).toEqual({ labels: {}, value: 3, suffix: "_count" });
});

test("a KMS that refuses is told apart from one that cannot be reached", async () => {
  const meter = new KmsMeter();
  for (const code of ["ServiceUnavailable", "InternalError", "InternalError"] as const) {
    const failure = await meter.metered(failing(code)).generateDataKey(context).catch((thrown) => thrown);
    expect(failure).toMatchObject({ code });
  }
  expect([meter.succeeded, meter.refused, meter.unavailable]).toEqual([0, 2, 1]);
});
