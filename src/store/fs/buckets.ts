import { mkdir, rename, rm, rmdir, stat, unlink } from "node:fs/promises";
import { S3Error } from "../../errors/s3-error.ts";
import type { BucketDocument } from "../store.ts";
import { BucketReader, DOCUMENT_FILES } from "./bucket-reader.ts";
import { makeDirectories } from "./directories.ts";
import { isBucketName } from "./object-name.ts";
import { explainSystemError, isMissing, systemCode, unlessMissing } from "./system-error.ts";
import type { Workplace } from "./workplace.ts";

/** Writes of buckets, and of the documents kept with them. */
export class Buckets extends BucketReader {
  readonly #workplace: Workplace;

  constructor(workplace: Workplace) {
    super(workplace.layout);
    this.#workplace = workplace;
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

  async setDocument(bucket: string, document: BucketDocument, text: string | undefined): Promise<void> {
    const file = DOCUMENT_FILES[document];
    await this.#workplace.buckets.hold(bucket, async () => {
      await this.require(bucket);
      const [regular = "", displaced = ""] = this.documentDirectories(bucket);
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
    for (const directory of this.documentDirectories(bucket)) {
      await rm(directory, { recursive: true, force: true });
    }
  }
}
