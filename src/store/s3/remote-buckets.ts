import { Buffer } from "node:buffer";
import { S3Error } from "../../errors/s3-error.ts";
import { childOf, childrenOf, childText, parseXml, requiredText } from "../../xml/xml-parser.ts";
import { document, element } from "../../xml/xml-writer.ts";
import type { BucketDocument, BucketPage, BucketRecord } from "../store.ts";
import { type Backend, wholeOf } from "./client/backend.ts";
import { errorOf } from "./client/backend-error.ts";
import type { Answer } from "./client/exchange.ts";
import { readDocument, timeOf } from "./remote-document.ts";

/** Room for ten thousand buckets, or for the largest policy. */
const MAX_DOCUMENT = 4 * 2 ** 20;

/** What a backend answers that has no such document with the bucket, or does not know of such documents at all. */
const NO_DOCUMENT = new Set([
  "NoSuchBucketPolicy",
  "ServerSideEncryptionConfigurationNotFoundError",
  "NotImplemented",
  "MethodNotAllowed",
  // A backend that does not show its policies keeps to them itself.
  "AccessDenied",
]);

/** How long a document is taken for what it is, in milliseconds: the policy of a bucket is asked for with every request. */
const RECENT = 5000;
const MOST_RECENT = 1000;

/** A default encryption is either there or not. */
const ENCRYPTED = "AES256";
const ENCRYPTION_DOCUMENT = document("ServerSideEncryptionConfiguration", [
  element("Rule", element("ApplyServerSideEncryptionByDefault", element("SSEAlgorithm", ENCRYPTED))),
]);

/** Buckets of a backend. */
export class RemoteBuckets {
  readonly #backend: Backend;
  readonly #recent = new Map<
    string,
    { readonly text: Promise<string | undefined>; readonly until: number }
  >();

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
    for (const name of ["policy", "encryption"]) this.#recent.delete(`${name} ${bucket}`);
  }

  /** A document kept with the bucket, as it was within the last seconds. @throws S3Error NoSuchBucket */
  async document(bucket: string, name: BucketDocument): Promise<string | undefined> {
    const key = `${name} ${bucket}`;
    const known = this.#recent.get(key);
    if (known !== undefined && known.until > Date.now()) return await known.text;
    const text = this.#document(bucket, name);
    this.#recent.delete(key);
    this.#recent.set(key, { text, until: Date.now() + RECENT });
    if (this.#recent.size > MOST_RECENT) this.#recent.delete(this.#recent.keys().next().value ?? "");
    text.catch(() => this.#recent.delete(key));
    return await text;
  }

  async #document(bucket: string, name: BucketDocument): Promise<string | undefined> {
    const answer = await this.#backend.ask({ method: "GET", bucket, query: [[name, ""]], repeatable: true });
    if (answer.status !== 200) {
      const error = await errorOf(answer);
      if (NO_DOCUMENT.has(error.shownCode)) return undefined;
      throw error;
    }
    const bytes = await wholeOf(answer, MAX_DOCUMENT);
    if (name !== "encryption") return Buffer.from(bytes).toString("utf8");
    return isEncryption(bytes) ? ENCRYPTED : undefined;
  }

  /** @throws S3Error NoSuchBucket and as the backend names it */
  async setDocument(bucket: string, name: BucketDocument, text: string | undefined): Promise<void> {
    if (name === "encryption" && !await this.#knowsEncryption(bucket)) {
      if (text === undefined) return;
      throw new S3Error("NotImplemented", {
        message: "The backend of this gateway does not know default encryption of buckets.",
      });
    }
    const bytes = name === "encryption" ? ENCRYPTION_DOCUMENT : Buffer.from(text ?? "", "utf8");
    await this.#backend.done({
      method: text === undefined ? "DELETE" : "PUT",
      bucket,
      query: [[name, ""]],
      ...(text === undefined ? {} : { body: { kind: "bytes", bytes } }),
      repeatable: true,
    });
    this.#recent.delete(`${name} ${bucket}`);
  }

  /**
   * An old RADOS Gateway, which knows of no such document, lists the bucket when it is asked for it, takes the document
   * for the location of a new bucket, and would delete the bucket when it is told to remove it.
   */
  async #knowsEncryption(bucket: string): Promise<boolean> {
    const query = [["encryption", ""]] as const;
    const answer = await this.#backend.ask({ method: "GET", bucket, query, repeatable: true });
    const bytes = await wholeOf(answer, MAX_DOCUMENT);
    return answer.status !== 200 || isEncryption(bytes);
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

function isEncryption(bytes: Uint8Array): boolean {
  try {
    parseXml(bytes, "ServerSideEncryptionConfiguration");
    return true;
  } catch (thrown) {
    if (thrown instanceof S3Error) return false;
    throw thrown;
  }
}
