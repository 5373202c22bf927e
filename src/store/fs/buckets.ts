import { Buffer } from "node:buffer";
import { mkdir, readdir, readFile, rename, rm, rmdir, stat, unlink } from "node:fs/promises";
import { S3Error } from "../../errors/s3-error.ts";
import type { BucketDocument, BucketPage, BucketRecord } from "../store.ts";
import { realPath } from "./data-file.ts";
import { makeDirectories } from "./directories.ts";
import { isBucketName } from "./object-name.ts";
import { explainSystemError, isMissing, systemCode, unlessMissing } from "./system-error.ts";
import type { Workplace } from "./workplace.ts";

/** What MinIO calls the documents of a bucket. */
const DOCUMENT_FILES: Readonly<Record<BucketDocument, string>> = {
  policy: "policy.json",
  encryption: "bucket-encryption.xml",
};

/** Buckets, which are directories, and the documents kept with them. */
export class Buckets {
  readonly #workplace: Workplace;

  constructor(workplace: Workplace) {
    this.#workplace = workplace;
  }

  /** @throws S3Error NoSuchBucket */
  async require(bucket: string): Promise<void> {
    if (await this.get(bucket) === undefined) throw new S3Error("NoSuchBucket");
  }

  async create(bucket: string): Promise<void> {
    if (!isBucketName(bucket)) throw new S3Error("InvalidBucketName");
    const { layout, directories, buckets } = this.#workplace;
    await buckets.hold(bucket, async () => {
      if (await this.get(bucket) !== undefined) throw new S3Error("BucketAlreadyOwnedByYou");
      // A crash may have left the policy of a bucket of that name which is no more.
      await this.#removeMetadata(bucket);
      try {
        await mkdir(layout.bucket(bucket));
        await directories.sync(layout.root);
      } catch (thrown) {
        if (systemCode(thrown) === "EEXIST") throw new S3Error("BucketAlreadyOwnedByYou");
        throw explainSystemError(thrown);
      }
    });
  }

  async get(bucket: string): Promise<BucketRecord | undefined> {
    if (!isBucketName(bucket)) return undefined;
    const { layout } = this.#workplace;
    const facts = await unlessMissing(stat(layout.bucket(bucket)));
    if (facts === undefined || !facts.isDirectory()) return undefined;
    if (await realPath(layout, layout.bucket(bucket)) === undefined) return undefined;
    // Not every file system knows when a directory was made.
    const times = [facts.birthtimeMs, facts.mtimeMs].filter((time) => time > 0);
    return { name: bucket, createdAt: Math.floor(Math.min(...times)) };
  }

  async list(page: { prefix: string; after: string; limit: number }): Promise<BucketPage> {
    const names = (await readdir(this.#workplace.layout.root)).filter((name) =>
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

  /** @param alsoRemove what goes with the bucket */
  async delete(bucket: string, alsoRemove: () => Promise<void>): Promise<void> {
    const { layout, directories, buckets } = this.#workplace;
    await this.require(bucket);
    await buckets.hold(bucket, async () => {
      try {
        await rmdir(layout.bucket(bucket));
        await directories.sync(layout.root);
      } catch (thrown) {
        if (isMissing(thrown)) throw new S3Error("NoSuchBucket");
        if (["ENOTEMPTY", "EEXIST"].includes(systemCode(thrown))) throw new S3Error("BucketNotEmpty");
        throw explainSystemError(thrown);
      }
      await this.#removeMetadata(bucket);
      await alsoRemove();
    });
  }

  async getDocument(bucket: string, document: BucketDocument): Promise<string | undefined> {
    await this.require(bucket);
    for (const directory of this.#documentDirectories(bucket)) {
      const text = await readDocument(`${directory}/${DOCUMENT_FILES[document]}`);
      if (text !== undefined) return text;
    }
    return undefined;
  }

  async setDocument(bucket: string, document: BucketDocument, text: string | undefined): Promise<void> {
    const file = DOCUMENT_FILES[document];
    await this.#workplace.buckets.hold(bucket, async () => {
      await this.require(bucket);
      const [regular = "", displaced = ""] = this.#documentDirectories(bucket);
      // An object of the same name has its metadata in a directory of that name.
      const taken = (await unlessMissing(stat(`${regular}/${file}`)))?.isDirectory() === true;
      if (text !== undefined) {
        await this.#writeDocument(taken ? displaced : regular, file, text);
        // What is left in the other place is hidden by this one.
        if (!taken) await this.#removeDocument(displaced, file).catch(() => {});
        return;
      }
      await this.#removeDocument(displaced, file);
      if (!taken) await this.#removeDocument(regular, file);
    });
  }

  /** Where documents are, the first place first. */
  #documentDirectories(bucket: string): readonly string[] {
    const { layout } = this.#workplace;
    return [layout.bucketMetadata(bucket), layout.displacedDocuments(bucket)];
  }

  async #writeDocument(directory: string, file: string, text: string): Promise<void> {
    const { layout, staging, directories } = this.#workplace;
    const draft = staging.draft();
    try {
      await staging.writeFile(draft, text);
      await makeDirectories(layout.system, directory, directories);
      await rename(staging.path(draft), `${directory}/${file}`);
      await directories.sync(directory);
    } catch (thrown) {
      await staging.discard(draft);
      throw explainSystemError(thrown);
    }
  }

  async #removeDocument(directory: string, file: string): Promise<void> {
    try {
      await unlink(`${directory}/${file}`);
      await this.#workplace.directories.sync(directory);
    } catch (thrown) {
      if (!isMissing(thrown)) throw explainSystemError(thrown);
    }
  }

  async #removeMetadata(bucket: string): Promise<void> {
    for (const directory of this.#documentDirectories(bucket)) {
      await rm(directory, { recursive: true, force: true });
    }
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
