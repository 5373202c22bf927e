import { S3Error } from "../../errors/s3-error.ts";
import { childOf, childrenOf, childText, requiredText } from "../../xml/xml-parser.ts";
import { document, element } from "../../xml/xml-writer.ts";
import type { BucketPage, BucketRecord } from "../store.ts";
import type { Backend } from "./client/backend.ts";
import { errorOf } from "./client/backend-error.ts";
import type { Answer } from "./client/answer.ts";
import { readDocument, timeOf } from "./remote-document.ts";

/** Room for ten thousand buckets. */
const MAX_DOCUMENT = 4 * 2 ** 20;

/** Buckets of a backend. */
export class RemoteBuckets {
  readonly #backend: Backend;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** @throws S3Error BucketAlreadyOwnedByYou, BucketAlreadyExists */
  async create(bucket: string): Promise<void> {
    // Of a bucket that is there already some say that it was created.
    if ((await this.#head(bucket)).status === 200) throw new S3Error("BucketAlreadyOwnedByYou");
    const { region } = this.#backend;
    const location = region === "us-east-1"
      ? undefined
      : document("CreateBucketConfiguration", [element("LocationConstraint", region)]);
    await this.#backend.done({
      method: "PUT",
      bucket,
      ...(location === undefined ? {} : { body: { kind: "bytes", bytes: location } }),
      repeatable: false,
    });
  }

  /** Whether there is such a bucket. A name that cannot be one's has none. */
  async has(bucket: string): Promise<boolean> {
    const answer = await this.#head(bucket);
    const isElsewhere =
      (answer.headers.get("x-amz-bucket-region") ?? this.#backend.region) !== this.#backend.region;
    if (answer.status === 404 || (answer.status === 400 && !isElsewhere)) return false;
    if (answer.status >= 300) throw await errorOf(answer);
    return true;
  }

  async #head(bucket: string): Promise<Answer> {
    const answer = await this.#backend.ask({ method: "HEAD", bucket, repeatable: true });
    answer.body.cancel();
    return answer;
  }

  async get(bucket: string): Promise<BucketRecord | undefined> {
    if (!await this.has(bucket)) return undefined;
    // Who may use one bucket alone may not list them all.
    const all = await this.#all().catch(() => []);
    return all.find(({ name }) => name === bucket) ?? { name: bucket, createdAt: 0 };
  }

  async list(page: { prefix: string; after: string; limit: number }): Promise<BucketPage> {
    const buckets = (await this.#all())
      .filter(({ name }) => name.startsWith(page.prefix) && name > page.after)
      .sort((a, b) => a.name < b.name ? -1 : 1);
    return { buckets: buckets.slice(0, page.limit), truncated: buckets.length > page.limit };
  }

  /** @throws S3Error NoSuchBucket, BucketNotEmpty */
  async delete(bucket: string): Promise<void> {
    await this.#backend.done({ method: "DELETE", bucket, repeatable: false });
  }

  async #all(): Promise<readonly BucketRecord[]> {
    const bytes = await this.#backend.document({ method: "GET", bucket: "", repeatable: true }, MAX_DOCUMENT);
    return readDocument(bytes, "ListAllMyBucketsResult", (root) => {
      const list = childOf(root, "Buckets");
      if (list === undefined) throw new S3Error("MalformedXML");
      return childrenOf(list, "Bucket").map((node) => ({
        name: requiredText(node, "Name"),
        createdAt: timeOf(childText(node, "CreationDate")),
      }));
    });
  }
}
