import { describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { S3Error } from "../../src/errors/s3-error.ts";
import type { Operation } from "../../src/s3/operation.ts";
import { copyObject } from "../../src/s3/operations/copy-object.ts";
import { createMultipartUpload } from "../../src/s3/operations/create-multipart-upload.ts";
import { deleteObject } from "../../src/s3/operations/delete-object.ts";
import { getObject } from "../../src/s3/operations/get-object.ts";
import { headObject } from "../../src/s3/operations/head-object.ts";
import { listObjectsV2 } from "../../src/s3/operations/list-objects-v2.ts";
import { listParts } from "../../src/s3/operations/list-parts.ts";
import { putObject } from "../../src/s3/operations/put-object.ts";
import { uploadPart } from "../../src/s3/operations/upload-part.ts";
import { md5 } from "../s3/upload-fixture.ts";
import { customer, type Headers, KMS, openScene, SSE_S3 } from "./scene.ts";

const NAME = "x-amz-server-side-encryption";
const NO_KMS = "Server side encryption specified but KMS is not configured";

/** Every request that begins to write. */
const WRITES: readonly (readonly [operation: Operation, target: string, more?: Headers])[] = [
  [putObject, "/box/new"],
  [copyObject, "/box/new", { "x-amz-copy-source": "/box/plain" }],
  [createMultipartUpload, "/box/new?uploads"],
];

describe("a server without a KMS", () => {
  test("refuses SSE-S3, and takes and gives what is plain or SSE-C", async () => {
    await using bare = await openScene({ kms: "none" });
    for (const [operation, target, more = {}] of WRITES) {
      await bare.run(putObject, { target: "/box/plain", body: "x" });
      const { status, code, message } = await bare.fail(operation, {
        target,
        headers: { ...SSE_S3, ...more },
        body: "x",
      });
      expect([operation.name, status, code, message]).toEqual([
        operation.name,
        400,
        "InvalidArgument",
        NO_KMS,
      ]);
    }
    await bare.run(putObject, { target: "/box/c", body: "mine", headers: customer(1) });
    expect((await bare.read("/box/c", customer(1))).toString()).toBe("mine");
    const done = await bare.upload("/box/parts", [Buffer.from("in parts")], customer(1));
    expect(done.status).toBe(200);
    expect((await bare.read("/box/parts", customer(1))).toString()).toBe("in parts");
  });

  test("still shows, lists and deletes SSE-S3 objects, but neither reads nor copies them", async () => {
    await using first = await openScene();
    await first.run(putObject, { target: "/box/key", body: "content", headers: SSE_S3 });
    await first.run(putObject, { target: "/box/open", body: "open" });
    const { text } = await first.run(createMultipartUpload, { target: "/box/up?uploads", headers: SSE_S3 });
    const id = encodeURIComponent(/<UploadId>([^<]+)</.exec(text)?.[1] ?? "");
    await first.store.close();
    await using bare = await openScene({ kms: "none", directory: first.directory });
    const head = await bare.run(headObject, { target: "/box/key" });
    expect([head.status, head.headers["Content-Length"], head.headers[NAME]]).toEqual([200, "7", "AES256"]);
    expect(head.headers["ETag"]).toMatch(/^"[0-9a-f]{32}"$/);
    expect(head.headers["ETag"]).not.toContain(md5("content"));
    const list = await bare.run(listObjectsV2, { target: "/box?list-type=2" });
    expect(list.text).toContain("<Key>key</Key>");
    expect(list.text).toContain("<Size>7</Size>");
    expect(list.text).not.toContain("sealed:");
    const copy = { "x-amz-copy-source": "/box/key" };
    for (
      const [operation, target, headers] of [
        [getObject, "/box/key", {}],
        [copyObject, "/box/copy", copy],
        [copyObject, "/box/key", { ...copy, "x-amz-metadata-directive": "REPLACE" }],
        [uploadPart, `/box/up?partNumber=1&uploadId=${id}`, {}],
        [listParts, `/box/up?uploadId=${id}`, {}],
      ] as const
    ) {
      const { status, message } = await bare.fail(operation, { target, headers, body: "x" });
      expect([operation.name, status, message]).toEqual([operation.name, 400, NO_KMS]);
    }
    expect((await bare.read("/box/open")).toString()).toBe("open");
    expect((await bare.run(deleteObject, { target: "/box/key" })).status).toBe(204);
  });
});

describe("while the KMS is away", () => {
  test("HEAD, LIST, plain and SSE-C requests answer, and what needs a data key fails without a trace", async () => {
    let away = false;
    const ask = <T>(answer: () => Promise<T>): Promise<T> =>
      away
        ? Promise.reject(new S3Error("ServiceUnavailable", { headers: { "Retry-After": "5" } }))
        : answer();
    await using flaky = await openScene({
      kms: {
        ...KMS,
        generateDataKey: (context) => ask(() => KMS.generateDataKey(context)),
        openDataKey: (id, sealed, context) => ask(() => KMS.openDataKey(id, sealed, context)),
      },
    });
    await flaky.run(putObject, { target: "/box/key", body: "content", headers: SSE_S3 });
    away = true;
    const head = await flaky.run(headObject, { target: "/box/key" });
    expect([head.headers["Content-Length"], head.headers["ETag"]]).toEqual(["7", `"${md5("content")}"`]);
    expect((await flaky.run(listObjectsV2, { target: "/box?list-type=2" })).text).toContain(md5("content"));
    await flaky.run(putObject, { target: "/box/plain", body: "plain" });
    await flaky.run(putObject, { target: "/box/c", body: "mine", headers: customer(1) });
    expect((await flaky.read("/box/c", customer(1))).toString()).toBe("mine");
    for (const [operation, target] of [[getObject, "/box/key"], [putObject, "/box/key"]] as const) {
      const failed = await flaky.fail(operation, {
        target,
        headers: operation === putObject ? SSE_S3 : {},
        body: "x",
      });
      expect([failed.status, failed.headers["Retry-After"]]).toEqual([503, "5"]);
    }
    away = false;
    expect((await flaky.read("/box/key")).toString()).toBe("content");
  });
});
