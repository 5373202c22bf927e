import {
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { bytesOf } from "../conformance/fixture.ts";
import { BACKEND_KMS, startBackend, type TestBackend } from "../store/s3/backend.ts";
import { customer, type Mode, startGateway, type TestGateway } from "./gateway.ts";

const Bucket = "box";
const BYTES = bytesOf(5 * 2 ** 20 + 100);

const KEY = customer(Buffer.alloc(32, 7));
const MODES:
  readonly (readonly [name: string, mode: Omit<Mode, "name">, sealing: object, opening: object])[] = [
    ["passed through", { kms: false }, { ServerSideEncryption: "AES256" }, {}],
    ["encrypted", { kms: true }, { ServerSideEncryption: "AES256" }, {}],
    ["encrypted by the backend as well", { kms: true, double: { s3: false, c: true } }, KEY, KEY],
  ];

describe.each(MODES)("a completion, %s,", (name, mode, sealing, opening) => {
  let backend: TestBackend;
  let gateway: TestGateway;
  /** What becomes of completions, the first of them first. */
  let fates: ("not arrived" | "not answered" | "unknown")[] = [];
  beforeAll(async () => {
    backend = await startBackend({
      kms: BACKEND_KMS,
      tls: true,
      trouble(incoming, outgoing) {
        if (incoming.method !== "POST" || incoming.url?.includes("uploadId=") !== true) return false;
        const fate = fates.shift();
        if (fate === "not arrived") incoming.socket.destroy();
        if (fate === "unknown") {
          outgoing.writeHead(404, { "Connection": "close" });
          outgoing.end("<Error><Code>NoSuchUpload</Code></Error>");
        }
        if (fate === "not answered") {
          outgoing.writeHead = () => {
            incoming.socket.destroy();
            return outgoing;
          };
        }
        return fate === "not arrived" || fate === "unknown";
      },
    });
    gateway = await startGateway(backend, { name, ...mode });
    await gateway.client.send(new CreateBucketCommand({ Bucket }));
  });
  afterEach(() => {
    fates = [];
  });
  afterAll(async () => {
    await gateway.close();
    await backend.close();
  });

  /** Uploads all parts. @returns what completes the upload */
  const begin = async (Key: string) => {
    const { client } = gateway;
    const { UploadId } = await client.send(
      new CreateMultipartUploadCommand({
        Bucket,
        Key,
        ChecksumAlgorithm: "CRC32",
        ...sealing,
      }),
    );
    const Parts: CompletedPart[] = [];
    for (const PartNumber of [1, 2]) {
      const Body = BYTES.subarray((PartNumber - 1) * 5 * 2 ** 20, PartNumber * 5 * 2 ** 20);
      const upload = {
        Bucket,
        Key,
        UploadId,
        PartNumber,
        Body,
        ChecksumAlgorithm: "CRC32",
        ...opening,
      } as const;
      const { ETag, ChecksumCRC32 } = await client.send(new UploadPartCommand(upload));
      Parts.push({ PartNumber, ETag, ChecksumCRC32 });
    }
    return () =>
      client.send(
        new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts }, ...opening }),
      );
  };
  const found = async (Key: string) => {
    const { Body } = await gateway.client.send(new GetObjectCommand({ Bucket, Key, ...opening }));
    const { ETag, ChecksumCRC32 } = await gateway.client.send(
      new HeadObjectCommand({ Bucket, Key, ChecksumMode: "ENABLED", ...opening }),
    );
    const bytes = Buffer.from(await Body?.transformToByteArray() ?? []);
    return { whole: bytes.equals(BYTES), ETag, ChecksumCRC32 };
  };

  test("that did not arrive can be asked for again", async () => {
    const complete = await begin("not-arrived");
    fates = Array.from({ length: 4 }, () => "not arrived");
    await expect(complete()).rejects.toMatchObject({ name: "ServiceUnavailable" });
    const { ETag, ChecksumCRC32 } = await complete();
    expect(ChecksumCRC32).toMatch(/-2$/);
    expect(await found("not-arrived")).toEqual({ whole: true, ETag, ChecksumCRC32 });
  });

  test("that was done without an answer is found done by the gateway itself", async () => {
    const complete = await begin("not-answered");
    fates = ["not answered"];
    const { ETag, ChecksumCRC32 } = await complete();
    expect(ChecksumCRC32).toMatch(/-2$/);
    expect(await found("not-answered")).toEqual({ whole: true, ETag, ChecksumCRC32 });
  });

  test("that was done without an answer is found done when the backend knows no such upload any more", async () => {
    const complete = await begin("forgotten");
    fates = ["not answered", "unknown"];
    const { ETag } = await complete();
    expect(await found("forgotten")).toMatchObject({ whole: true, ETag });
  });

  test("that was done while the backend went away leaves the object", async () => {
    const complete = await begin("away");
    fates = ["not answered", "not arrived", "not arrived", "not arrived"];
    await expect(complete()).rejects.toMatchObject({ name: "ServiceUnavailable" });
    if (mode.kms) await complete();
    expect(await found("away")).toMatchObject({ whole: true, ChecksumCRC32: expect.stringMatching(/-2$/) });
  });
});
