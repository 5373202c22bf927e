import { CreateBucketCommand, GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { Secret } from "../../src/crypto/secret.ts";
import { formatAmzDate } from "../../src/sigv4/amz-date.ts";
import { deriveSigningKey, signature } from "../../src/sigv4/signing-key.ts";
import { bytesOf } from "../conformance/fixture.ts";
import { ACCESS_KEY, BACKEND_KMS, SECRET_KEY, startBackend, type TestBackend } from "../store/s3/backend.ts";
import { customer, type Mode, startGateway, type TestGateway } from "./gateway.ts";

const Bucket = "box";
const KEY = bytesOf(32, 77);
const MODES: readonly Mode[] = [
  { name: "no KMS", kms: false },
  { name: "KMS and s3;c", kms: true, double: { s3: true, c: true } },
];
const KINDS = [
  ["plain", {}, {}],
  ["SSE-S3", { "x-amz-server-side-encryption": "AES256" }, {}],
  ["SSE-C", {
    "x-amz-server-side-encryption-customer-algorithm": "AES256",
    "x-amz-server-side-encryption-customer-key": KEY.toString("base64"),
    "x-amz-server-side-encryption-customer-key-md5": customer(KEY).SSECustomerKeyMD5,
  }, customer(KEY)],
] as const;

/** A signed form that allows its own fields. */
function form(key: string, fields: Readonly<Record<string, string>>, file: Buffer): FormData {
  const date = formatAmzDate(Date.now());
  const scope = { accessKey: ACCESS_KEY, day: date.slice(0, 8), region: "us-east-1" };
  const all: Record<string, string> = {
    key,
    bucket: Bucket,
    ...fields,
    "x-amz-algorithm": "AWS4-HMAC-SHA256",
    "x-amz-credential": `${ACCESS_KEY}/${scope.day}/us-east-1/s3/aws4_request`,
    "x-amz-date": date,
  };
  const conditions = Object.entries(all).map(([name, value]) => ({ [name]: value }));
  const expiration = new Date(Date.now() + 60_000).toISOString();
  const policy = Buffer.from(JSON.stringify({ expiration, conditions })).toString("base64");
  const data = new FormData();
  for (const [name, value] of Object.entries(all)) if (name !== "bucket") data.append(name, value);
  data.append("policy", policy);
  const signingKey = deriveSigningKey(Secret.fromText(SECRET_KEY), scope);
  data.append("x-amz-signature", signature(signingKey, policy));
  data.append("file", new Blob([new Uint8Array(file)]), "file");
  return data;
}

for (const mode of MODES) {
  describe(`a gateway with ${mode.name}`, () => {
    let backend: TestBackend;
    let gateway: TestGateway;
    beforeAll(async () => {
      backend = await startBackend({ tls: true, kms: BACKEND_KMS });
      gateway = await startGateway(backend, mode);
      await gateway.client.send(new CreateBucketCommand({ Bucket }));
    }, 60_000);
    afterAll(async () => {
      await gateway.close();
      await backend.close();
    });

    test.each(KINDS)(
      "takes %s forms, small ones and those that are sent on in parts",
      async (kind, fields, reading) => {
        for (const size of [1000, 9 * 2 ** 20 + 1]) {
          const Key = `form-${kind}-${size}`;
          const body = bytesOf(size);
          const answer = await fetch(`${gateway.url}/${Bucket}`, {
            method: "POST",
            body: form(Key, fields, body),
            tls: { ca: readFileSync(gateway.certificate) },
          });
          expect([answer.status, await answer.text()]).toEqual([204, ""]);
          const { Body } = await gateway.client.send(new GetObjectCommand({ Bucket, Key, ...reading }));
          expect(Buffer.from(await Body?.transformToByteArray() ?? []).equals(body)).toBe(true);
          const page = await backend.store.listObjects({
            bucket: Bucket,
            prefix: Key,
            delimiter: "",
            after: "",
            limit: 9,
          });
          expect(page.objects).toHaveLength(mode.kms && kind !== "plain" ? 2 : 1);
        }
      },
      60_000,
    );
  });
}

test("SSE-KMS is passed to the backend without a KMS, and refused with one", async () => {
  const backend = await startBackend({ tls: true });
  const put = {
    Bucket,
    Key: "key",
    Body: bytesOf(10),
    ServerSideEncryption: "aws:kms" as const,
    SSEKMSKeyId: "my-key",
  };
  for (
    const [mode, reaches] of [[{ name: "", kms: false }, true], [{ name: "", kms: true }, false]] as const
  ) {
    const gateway = await startGateway(backend, mode);
    if (reaches) await gateway.client.send(new CreateBucketCommand({ Bucket }));
    backend.arrived.length = 0;
    // Our own server as the backend does not know it either, which is told on.
    await expect(gateway.client.send(new PutObjectCommand(put))).rejects.toHaveProperty(
      "name",
      "NotImplemented",
    );
    const arrived = backend.arrived.find(({ target }) => target.includes("/key"));
    expect(arrived?.headers["x-amz-server-side-encryption-aws-kms-key-id"]).toBe(
      reaches ? "my-key" : undefined,
    );
    await gateway.close();
  }
  await backend.close();
}, 60_000);
