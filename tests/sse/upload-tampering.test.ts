import { describe, expect, test } from "bun:test";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { completeMultipartUpload } from "../../src/s3/operations/complete-multipart-upload.ts";
import { createMultipartUpload } from "../../src/s3/operations/create-multipart-upload.ts";
import { listParts } from "../../src/s3/operations/list-parts.ts";
import { uploadPart } from "../../src/s3/operations/upload-part.ts";
import { partList } from "../s3/upload-fixture.ts";
import { customer, type Headers, openScene, type Scene, SSE_S3 } from "./scene.ts";
import { UPLOAD_SEAL } from "../../src/sse/metadata.ts";

const KINDS: readonly (readonly [string, Headers, Headers])[] = [
  ["SSE-S3", SSE_S3, {}],
  ["SSE-C", customer(1), customer(1)],
];

type Metadata = Record<string, string>;
const without = (metadata: Metadata, drop: (name: string) => boolean): Metadata =>
  Object.fromEntries(Object.entries(metadata).filter(([name]) => !drop(name)));

/** What an intruder makes of the metadata of an unfinished upload. */
const EDITS: Readonly<Record<string, (metadata: Metadata) => Metadata>> = {
  "another content type": (metadata) => ({ ...metadata, "content-type": "text/html" }),
  "metadata added": (metadata) => ({ ...metadata, "X-Amz-Meta-Added": "by an intruder" }),
  "metadata removed": (metadata) => without(metadata, (name) => name === "X-Amz-Meta-Mine"),
  "no proof": (metadata) => without(metadata, (name) => name === UPLOAD_SEAL),
  "its encryption stripped": (metadata) =>
    without(metadata, (name) => name.includes("Encryption") || name.includes("Encrypted")),
  "nothing left of its encryption": (metadata) =>
    without(metadata, (name) => name.startsWith("X-Minio-Internal-")),
};

/** Changes the metadata of the one upload of a stopped store. */
function edit({ directory }: Scene, change: (metadata: Metadata) => Metadata): void {
  const database = new DatabaseSync(join(directory, "store.db"));
  const row = database.prepare("SELECT metadata FROM uploads").get();
  const metadata = JSON.parse(String(row?.["metadata"])) as Metadata;
  database.prepare("UPDATE uploads SET metadata = ?").run(JSON.stringify(change(metadata)));
  database.close();
}

for (const [name, begin, later] of KINDS) {
  describe(`an unfinished upload under ${name}`, () => {
    for (const [what, change] of Object.entries(EDITS)) {
      test(`takes no part, tells none and is not completed with ${what}`, async () => {
        await using first = await openScene();
        const headers = { ...begin, "content-type": "text/x-test", "x-amz-meta-mine": "1" };
        const { text } = await first.run(createMultipartUpload, { target: "/box/key?uploads", headers });
        const id = encodeURIComponent(/<UploadId>([^<]+)</.exec(text)?.[1] ?? "");
        const part = { target: `/box/key?partNumber=1&uploadId=${id}`, headers: later, body: "content" };
        const { headers: { ETag: etag = "" } } = await first.run(uploadPart, part);
        await first.store.close();
        edit(first, change);

        await using scene = await openScene({ directory: first.directory });
        const upload = { target: `/box/key?uploadId=${id}`, headers: later };
        const complete = { ...upload, body: partList([{ number: 1, etag }]) };
        const failures = [
          await scene.fail(uploadPart, part),
          await scene.fail(listParts, upload),
          await scene.fail(completeMultipartUpload, complete),
        ];
        expect(failures.map(({ code }) => code)).toEqual(Array(3).fill("XMinioObjectTampered"));
        expect(await scene.store.head("box", "key")).toBeUndefined();
      });
    }
  });
}
