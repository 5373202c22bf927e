import { S3Client } from "@aws-sdk/client-s3";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { Agent } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nativeAead } from "../../src/crypto/aead-native.ts";
import { Secret } from "../../src/crypto/secret.ts";
import { masterKeyKms } from "../../src/kms/master-key.ts";
import { createSse } from "../../src/sse/create.ts";
import type { DoubleSse } from "../../src/sse/double.ts";
import { objectKeyDigests } from "../../src/sse/object-key-digests.ts";
import { passThroughSse } from "../../src/sse/pass-through.ts";
import type { RemoteStoreOptions } from "../../src/store/s3/open.ts";
import type { Store } from "../../src/store/store.ts";
import { makeCertificate } from "../running-server.ts";
import { ACCESS_KEY, remoteStore, SECRET_KEY, serveStore, type TestBackend } from "../store/s3/backend.ts";

/** The key of the published test data. */
export const GATEWAY_KMS = masterKeyKms({
  keyId: "my-minio-key",
  key: new Secret(Buffer.from("6368616e676520746869732070617373776f726420746f206120736563726574", "hex")),
});

/** How a gateway encrypts. */
export interface Mode {
  readonly name: string;
  readonly kms: boolean;
  /** `MINIO_GATEWAY_SSE`. */
  readonly double?: DoubleSse;
  readonly autoEncryption?: boolean;
}

/** A gateway in this process, over https. */
export interface TestGateway {
  readonly url: string;
  readonly port: number;
  readonly certificate: string;
  readonly store: Store;
  readonly client: S3Client;
  close(): Promise<void>;
}

export async function startGateway(
  backend: TestBackend,
  { kms, double, autoEncryption = false }: Mode,
  change: Partial<RemoteStoreOptions> = {},
): Promise<TestGateway> {
  const home = mkdtempSync(join(tmpdir(), "minio-ts-gateway-"));
  const certificates = join(home, "certs");
  mkdirSync(certificates);
  makeCertificate(certificates);
  const store = await remoteStore(backend, { encrypts: kms, ...change });
  const sse = kms
    ? createSse({
      kms: GATEWAY_KMS,
      aead: nativeAead,
      digests: objectKeyDigests(GATEWAY_KMS),
      double,
      encryptsByDefault: async () => autoEncryption,
    })
    : passThroughSse();
  const serving = await serveStore(store, sse, certificates);
  const client = new S3Client({
    endpoint: serving.url,
    region: "us-east-1",
    forcePathStyle: true,
    credentials: { accessKeyId: ACCESS_KEY, secretAccessKey: SECRET_KEY },
    requestHandler: { httpsAgent: new Agent({ ca: readFileSync(serving.certificate) }) },
    maxAttempts: 1,
  });
  return {
    url: serving.url,
    port: Number(new URL(serving.url).port),
    certificate: serving.certificate,
    store,
    client,
    async close() {
      client.destroy();
      await serving.close();
      await store.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** The fields with which the SDK sends a customer's key. */
export function customer(key: Buffer) {
  return {
    SSECustomerAlgorithm: "AES256",
    SSECustomerKey: key.toString("base64"),
    SSECustomerKeyMD5: md5(key),
  };
}

/** The same for the source of a copy. */
export function copySource(key: Buffer) {
  return {
    CopySourceSSECustomerAlgorithm: "AES256",
    CopySourceSSECustomerKey: key.toString("base64"),
    CopySourceSSECustomerKeyMD5: md5(key),
  };
}

/** Base64. */
export function md5(bytes: Uint8Array): string {
  return createHash("md5").update(bytes).digest("base64");
}

/** Hexadecimal. */
export function md5Hex(bytes: Uint8Array): string {
  return createHash("md5").update(bytes).digest("hex");
}
