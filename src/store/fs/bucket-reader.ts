import { Buffer } from "node:buffer";
import { readdir, readFile, stat } from "node:fs/promises";
import { S3Error } from "../../errors/s3-error.ts";
import type { BucketDocument, BucketPage, BucketRecord } from "../store.ts";
import { realPath } from "./data-file.ts";
import type { Layout } from "./layout.ts";
import { isBucketName } from "./object-name.ts";
import { explainSystemError, isMissing, systemCode, unlessMissing } from "./system-error.ts";

/** What MinIO calls the documents of a bucket. */
export const DOCUMENT_FILES: Readonly<Record<BucketDocument, string>> = {
  policy: "policy.json",
  encryption: "bucket-encryption.xml",
};

/** Buckets, which are directories, and the documents kept with them, for who only reads. */
export class BucketReader {
  readonly #layout: Layout;

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  /** @throws S3Error NoSuchBucket */
  async require(bucket: string): Promise<void> {
    if (await this.get(bucket) === undefined) throw new S3Error("NoSuchBucket");
  }

  async get(bucket: string): Promise<BucketRecord | undefined> {
    if (!isBucketName(bucket)) return undefined;
    const layout = this.#layout;
    const facts = await unlessMissing(stat(layout.bucket(bucket)));
    if (facts === undefined || !facts.isDirectory()) return undefined;
    if (await realPath(layout, layout.bucket(bucket)) === undefined) return undefined;
    // Not every file system knows when a directory was made.
    const times = [facts.birthtimeMs, facts.mtimeMs].filter((time) => time > 0);
    return { name: bucket, createdAt: Math.floor(Math.min(...times)) };
  }

  async list(page: { prefix: string; after: string; limit: number }): Promise<BucketPage> {
    const names = (await readdir(this.#layout.root)).filter((name) =>
      isBucketName(name) && name.startsWith(page.prefix) &&
      (page.after === "" || inByteOrder(name, page.after) > 0)
    ).sort(inByteOrder);
    const buckets: BucketRecord[] = [];
    for (const name of names) {
      const bucket = await this.get(name);
      if (bucket === undefined) continue;
      if (buckets.length === page.limit) return { buckets, truncated: true };
      buckets.push(bucket);
    }
    return { buckets, truncated: false };
  }

  async getDocument(bucket: string, document: BucketDocument): Promise<string | undefined> {
    await this.require(bucket);
    for (const directory of this.documentDirectories(bucket)) {
      const text = await readDocument(`${directory}/${DOCUMENT_FILES[document]}`);
      if (text !== undefined) return text;
    }
    return undefined;
  }

  /** Where documents are, the first place first. */
  protected documentDirectories(bucket: string): readonly string[] {
    const layout = this.#layout;
    return [layout.bucketMetadata(bucket), layout.displacedDocuments(bucket)];
  }
}

async function readDocument(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (thrown) {
    if (isMissing(thrown) || systemCode(thrown) === "EISDIR") return undefined;
    throw explainSystemError(thrown);
  }
}

function inByteOrder(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
