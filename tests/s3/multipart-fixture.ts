import { createHash } from "node:crypto";
import { compositeChecksum } from "../../src/s3/checksums.ts";
import { multipartEtag } from "../../src/store/multipart-etag.ts";
import type { ObjectRecord, Store } from "../../src/store/store.ts";

const hash = (name: "md5" | "sha256", text: string) => createHash(name).update(text);

async function* one(text: string) {
  yield new TextEncoder().encode(text);
}

/** A multipart object of these parts, made below the operations; with `checksums` as a composite of SHA-256. */
export async function putMultipart(
  store: Store,
  key: string,
  parts: Readonly<Record<number, string>>,
  checksums = false,
): Promise<ObjectRecord> {
  const plan = { algorithm: "SHA256", type: "COMPOSITE" } as const;
  const metadata = { "content-type": "text/plain", "X-Amz-Meta-Made": "in-parts" };
  const upload = await store.createUpload({
    bucket: "box",
    key,
    metadata,
    ...(checksums ? { checksum: plan } : {}),
  });
  const records = [];
  const values = [];
  for (const [number, text] of Object.entries(parts)) {
    const value = hash("sha256", text).digest("base64");
    const attributes = { size: text.length, etag: hash("md5", text).digest("hex") };
    values.push(value);
    records.push(
      await store.putPart({
        bucket: "box",
        key,
        uploadId: upload.uploadId,
        partNumber: Number(number),
        body: one(text),
        attributes: () => ({ ...attributes, ...(checksums ? { checksum: value } : {}) }),
      }),
    );
  }
  return await store.completeUpload({
    bucket: "box",
    key,
    uploadId: upload.uploadId,
    parts: records,
    attributes: {
      size: Object.values(parts).join("").length,
      etag: multipartEtag(records.map((part) => part.etag)),
      metadata,
      ...(checksums ? { checksum: { ...plan, value: compositeChecksum("SHA256", values) } } : {}),
    },
  });
}
