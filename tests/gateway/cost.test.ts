import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { bytesOf } from "../conformance/fixture.ts";
import { startBackend, type TestBackend } from "../store/s3/backend.ts";
import { startGateway, type TestGateway } from "./gateway.ts";

const Bucket = "box";
const SSE_S3 = { ServerSideEncryption: "AES256" as const };

/** What each request costs at the backend, beside the policy of the bucket, which is remembered for some seconds. */
const COSTS = [
  ["no KMS", false, {}, {
    PUT: ["PUT /box/key"],
    GET: ["GET /box/key"],
    HEAD: ["HEAD /box/key"],
    LIST: ["GET /box"],
    DELETE: ["DELETE /box/key"],
  }],
  ["a KMS", true, SSE_S3, {
    // The second and the third go together.
    PUT: [
      "GET /box/key/.minio/dare.meta",
      "HEAD /box/key",
      "PUT /box/key/.minio/data",
      "PUT /box/key/.minio/dare.meta",
    ],
    GET: ["GET /box/key/.minio/dare.meta", "GET /box/key/.minio/data"],
    HEAD: ["GET /box/key/.minio/dare.meta"],
    LIST: ["GET /box", "GET /box/key/.minio/dare.meta"],
    DELETE: [
      "GET /box/key/.minio/dare.meta",
      "DELETE /box/key",
      "DELETE /box/key/.minio/dare.meta",
      "DELETE /box/key/.minio/data",
    ],
  }],
] as const;

for (const [name, kms, asking, costs] of COSTS) {
  describe(`through a gateway with ${name}`, () => {
    let backend: TestBackend;
    let gateway: TestGateway;
    beforeAll(async () => {
      backend = await startBackend();
      gateway = await startGateway(backend, { name, kms });
      await gateway.client.send(new CreateBucketCommand({ Bucket }));
      await gateway.client.send(new HeadObjectCommand({ Bucket, Key: "none" })).catch(() => {});
    }, 60_000);
    afterAll(async () => {
      await gateway.close();
      await backend.close();
    });

    const object = { Bucket, Key: "key" };
    test.each(
      [
        [
          "PUT",
          () => gateway.client.send(new PutObjectCommand({ ...object, Body: bytesOf(4096), ...asking })),
        ],
        ["GET", async () => {
          const { Body } = await gateway.client.send(new GetObjectCommand(object));
          await Body?.transformToByteArray();
        }],
        ["HEAD", () => gateway.client.send(new HeadObjectCommand(object))],
        ["LIST", () => gateway.client.send(new ListObjectsV2Command({ Bucket }))],
        ["DELETE", () => gateway.client.send(new DeleteObjectCommand(object))],
      ] as const,
    )("a %s makes no request too many", async (what, run) => {
      backend.arrived.length = 0;
      await run();
      const arrived = backend.arrived.filter(({ target }) => !target.includes("policy"))
        .map(({ method, target }) => `${method} ${target.split("?")[0]}`);
      expect(arrived.sort()).toEqual([...costs[what]].sort());
    });

    test("a GET of several parts asks for them at once, so that no write can come in between", async () => {
      const { UploadId } = await gateway.client.send(
        new CreateMultipartUploadCommand({ ...object, ...asking }),
      );
      const Parts = [];
      const bodies = [bytesOf(5 * 2 ** 20), bytesOf(3)];
      for (const [i, Body] of bodies.entries()) {
        const part = { ...object, UploadId, PartNumber: i + 1 };
        const { ETag } = await gateway.client.send(new UploadPartCommand({ ...part, Body }));
        Parts.push({ ETag, PartNumber: i + 1 });
      }
      await gateway.client.send(
        new CompleteMultipartUploadCommand({ ...object, UploadId, MultipartUpload: { Parts } }),
      );
      backend.arrived.length = 0;
      const { Body } = await gateway.client.send(new GetObjectCommand(object));
      expect(Buffer.concat(bodies).equals(await Body?.transformToByteArray() ?? new Uint8Array())).toBe(true);
      const data = backend.arrived.filter(({ method, target }) =>
        method === "GET" && /^\/box\/key(\/\.minio\/data)?(\?|$)/.test(target)
      );
      expect(data.length).toBe(1);
    });
  });
}
