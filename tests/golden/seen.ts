import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { expect } from "bun:test";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { customerKey } from "./client.ts";
import { type DataSet, type GoldenObject, plaintext } from "./data-sets.ts";

/** In hexadecimal digits. */
export const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const quoted = (etag: string) => `"${etag}"`;
const target = ({ bucket, key }: { readonly bucket: string; readonly key: string }) => ({
  Bucket: bucket,
  Key: key,
});

/** Headers of the manifest as the client tells them. */
const TOLD: Readonly<Record<string, (answer: HeadObjectCommandOutput) => string | undefined>> = {
  "cache-control": (answer) => answer.CacheControl,
  "content-disposition": (answer) => answer.ContentDisposition,
  "content-language": (answer) => answer.ContentLanguage,
  "x-amz-server-side-encryption": (answer) => answer.ServerSideEncryption,
  "x-amz-server-side-encryption-customer-algorithm": (answer) => answer.SSECustomerAlgorithm,
  "x-amz-server-side-encryption-customer-key-md5": (answer) => answer.SSECustomerKeyMD5,
};

function expectHeaders(object: GoldenObject, answer: HeadObjectCommandOutput | GetObjectCommandOutput): void {
  const told = Object.entries(TOLD).flatMap(([name, of]) => {
    const value = of(answer);
    return value === undefined ? [] : [[name, value]];
  });
  expect([object.key, Object.fromEntries(told)]).toEqual([object.key, object.headers]);
  expect([object.key, answer.ETag, answer.ContentLength, answer.ContentType, answer.Metadata]).toEqual(
    [object.key, quoted(object.etag), object.size, object.content_type, object.user_metadata],
  );
}

/** Lists every object with its size and ETag. */
export async function listsEverything(client: S3Client, data: DataSet): Promise<void> {
  for (const bucket of new Set(data.objects.map((object) => object.bucket))) {
    const expected = data.objects.filter((object) => object.bucket === bucket)
      .map(({ key, size, etag }) => [key, size, quoted(etag)]);
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
    const listed = Contents.map(({ Key, Size, ETag }) => [Key, Size, ETag]);
    expect(listed.filter(([key]) => key !== "emptydir/")).toEqual(expected.sort(byFirst));
  }
}

/** Tells everything of every object, and downloads it whole and in part. */
export async function readsEverything(client: S3Client, data: DataSet): Promise<void> {
  for (const object of data.objects) {
    const request = { ...target(object), ...customerKey(object.client_key_b64) };
    expectHeaders(object, await client.send(new HeadObjectCommand(request)));
    const got = await client.send(new GetObjectCommand(request));
    expectHeaders(object, got);
    const bytes = await got.Body?.transformToByteArray() ?? new Uint8Array();
    expect([object.key, sha256(bytes)]).toEqual([object.key, object.sha256]);
    if (object.size < 3) continue;
    const [start, end] = [Math.floor(object.size / 3), object.size - 2];
    const part = await client.send(new GetObjectCommand({ ...request, Range: `bytes=${start}-${end}` }));
    const range = await part.Body?.transformToByteArray() ?? new Uint8Array();
    expect(Buffer.from(range).equals(bytes.subarray(start, end + 1))).toBe(true);
  }
}

/** Gives no byte of an object whose key does not come along, or is another. */
export async function keepsLocked(client: S3Client, data: DataSet): Promise<void> {
  for (const object of data.objects) {
    if (object.sse !== "SSE-C") continue;
    const other = customerKey(Buffer.alloc(32, 9).toString("base64"));
    for (const [key, status] of [[{}, 400], [other, 403]] as const) {
      const get = client.send(new GetObjectCommand({ ...target(object), ...key }));
      await expect(get).rejects.toMatchObject({ $metadata: { httpStatusCode: status } });
    }
  }
}

/** Lists, continues and completes every unfinished upload. */
export async function completesUploads(client: S3Client, data: DataSet): Promise<void> {
  for (const upload of data.uploads) {
    const id = { ...target(upload), UploadId: upload.upload_id };
    const key = customerKey(upload.client_key_b64);
    const { Uploads = [] } = await client.send(
      new ListMultipartUploadsCommand({ Bucket: upload.bucket, Prefix: upload.key }),
    );
    expect(Uploads.map(({ Key, UploadId }) => [Key, UploadId])).toEqual([[upload.key, upload.upload_id]]);
    const parts = async () => {
      const { Parts = [] } = await client.send(new ListPartsCommand({ ...id, ...key }));
      return Parts.map(({ PartNumber, Size, ETag }) => [PartNumber, Size, ETag]);
    };
    expect(await parts()).toEqual(
      upload.parts.map(({ number, size, etag }) => [number, size, quoted(etag)]),
    );

    const more = await client.send(
      new UploadPartCommand({ ...id, ...key, PartNumber: 7, Body: plaintext(1000, 3) }),
    );
    expect((await parts()).at(-1)).toEqual([7, 1000, more.ETag]);
    await client.send(
      new CompleteMultipartUploadCommand({
        ...id,
        ...key,
        MultipartUpload: {
          Parts: upload.parts.map(({ number, etag }) => ({ PartNumber: number, ETag: quoted(etag) })),
        },
      }),
    );
    const got = await client.send(new GetObjectCommand({ ...target(upload), ...key }));
    const whole = Buffer.concat(upload.parts.map(({ size, seed }) => plaintext(size, seed)));
    expect(whole.equals(await got.Body?.transformToByteArray() ?? Buffer.alloc(0))).toBe(true);
    expect(got.ServerSideEncryption).toBe(upload.sse === "SSE-S3" ? "AES256" : undefined);
    await expect(client.send(new AbortMultipartUploadCommand(id))).rejects.toMatchObject({
      name: "NoSuchUpload",
    });
  }
}

function byFirst([a]: readonly unknown[], [b]: readonly unknown[]): number {
  return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));
}
