import { createHash, createHmac } from "node:crypto";
import { KEY_SIZE } from "./aead.ts";
import { objectPath } from "./path.ts";
import { randomBytes } from "./random.ts";
import { Secret } from "./secret.ts";

/** What a sealed object key is bound to, beside its object. */
export type Domain = "SSE-S3" | "SSE-C";

/** An object by name. */
export interface ObjectName {
  readonly bucket: string;
  readonly key: string;
}

/**
 * A fresh object key.
 * @param external client key of SSE-C, data key of SSE-S3
 * @param random 32 random bytes; only test vectors give them
 */
export function newObjectKey(external: Secret, random: Uint8Array = randomBytes(KEY_SIZE)): Secret {
  return new Secret(createHash("sha256").update(external.reveal()).update(random).digest());
}

/** The key that seals an object key under `DAREv2-HMAC-SHA256`. @param iv 32 random bytes kept with the object */
export function sealingKey(external: Secret, iv: Uint8Array, domain: Domain, object: ObjectName): Secret {
  const path = objectPath(object.bucket, object.key);
  return hmac(external, iv, `${domain}DAREv2-HMAC-SHA256${path}`);
}

/** The key that sealed an object key under `DARE-SHA256`. Bound to no object; for reading only. */
export function legacySealingKey(external: Secret, iv: Uint8Array): Secret {
  return new Secret(createHash("sha256").update(external.reveal()).update(iv).digest());
}

/** The key of one part of a multipart object. @param part number given at upload, 1 to 10000 */
export function partKey(objectKey: Secret, part: number): Secret {
  const number = new DataView(new ArrayBuffer(4));
  number.setUint32(0, part, true);
  return hmac(objectKey, new Uint8Array(number.buffer));
}

/** The key that seals the ETags of an object and of its parts. */
export function etagKey(objectKey: Secret): Secret {
  return hmac(objectKey, "SSE-etag");
}

/** The client key under which a gateway hands an SSE-C object on to a backend that encrypts as well. */
export function passThroughKey(clientKey: Secret, object: ObjectName): Secret {
  return hmac(clientKey, `SSE-C${objectPath(object.bucket, object.key)}`);
}

/** The key that seals a data key under a master key. @param context in canonical form */
export function dataKeySealingKey(masterKey: Secret, keyId: string, context: string): Secret {
  return hmac(masterKey, keyId + context);
}

function hmac(key: Secret, ...message: (string | Uint8Array)[]): Secret {
  const mac = createHmac("sha256", key.reveal());
  for (const part of message) mac.update(part);
  return new Secret(mac.digest());
}
