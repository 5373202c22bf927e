import { Buffer } from "node:buffer";
import { S3Error } from "../../errors/s3-error.ts";
import { parseXml } from "../../xml/xml-parser.ts";
import { document, element } from "../../xml/xml-writer.ts";
import type { BucketDocument } from "../store.ts";
import { type Backend, wholeOf } from "./client/backend.ts";
import { errorOf } from "./client/backend-error.ts";

/** Room for the largest policy, and for the listing that some servers send instead. */
const MAX_DOCUMENT = 8 * 2 ** 20;

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

/** Policy and default encryption of buckets, which the backend keeps, and heeds itself. */
export class RemoteBucketDocuments {
  readonly #backend: Backend;
  readonly #recent = new Map<
    string,
    { readonly text: Promise<string | undefined>; readonly until: number }
  >();

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** Takes nothing for what it was. Whoever deletes a bucket calls this. */
  forget(bucket: string): void {
    for (const name of Object.keys(IS_DOCUMENT)) this.#recent.delete(`${name} ${bucket}`);
  }

  /** A document as it was within the last seconds. @throws S3Error NoSuchBucket */
  async get(bucket: string, name: BucketDocument): Promise<string | undefined> {
    const key = `${name} ${bucket}`;
    const known = this.#recent.get(key);
    if (known !== undefined && known.until > Date.now()) return await known.text;
    const text = this.#ask(bucket, name);
    this.#recent.delete(key);
    this.#recent.set(key, { text, until: Date.now() + RECENT });
    if (this.#recent.size > MOST_RECENT) this.#recent.delete(this.#recent.keys().next().value ?? "");
    text.catch(() => this.#recent.delete(key));
    return await text;
  }

  async #ask(bucket: string, name: BucketDocument): Promise<string | undefined> {
    const answer = await this.#backend.ask({ method: "GET", bucket, query: [[name, ""]], repeatable: true });
    if (answer.status !== 200) {
      const error = await errorOf(answer);
      if (NO_DOCUMENT.has(error.shownCode)) return undefined;
      throw error;
    }
    const bytes = await wholeOf(answer, MAX_DOCUMENT);
    if (!IS_DOCUMENT[name](bytes)) return undefined;
    return name === "encryption" ? ENCRYPTED : Buffer.from(bytes).toString("utf8");
  }

  /** @throws S3Error NoSuchBucket and as the backend names it */
  async set(bucket: string, name: BucketDocument, text: string | undefined): Promise<void> {
    if (!await this.#knows(bucket, name)) {
      if (text === undefined) return;
      const what = name === "encryption" ? "default encryption" : "policies";
      throw new S3Error("NotImplemented", {
        message: `The backend of this gateway does not know ${what} of buckets.`,
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
   * A server that knows of no such document, as an old RADOS Gateway of encryption, lists the bucket when it is asked for
   * it, takes the document for the location of a new bucket, and would delete the bucket when it is told to remove it.
   */
  async #knows(bucket: string, name: BucketDocument): Promise<boolean> {
    const answer = await this.#backend.ask({ method: "GET", bucket, query: [[name, ""]], repeatable: true });
    if (answer.status === 200) return IS_DOCUMENT[name](await wholeOf(answer, MAX_DOCUMENT));
    const error = await errorOf(answer);
    if (error.status < 500) return true;
    throw error;
  }
}

/** Whether an answer is the document that was asked for. */
const IS_DOCUMENT: Readonly<Record<BucketDocument, (bytes: Uint8Array) => boolean>> = {
  policy: isJson,
  encryption: isEncryption,
};

function isJson(bytes: Uint8Array): boolean {
  try {
    JSON.parse(Buffer.from(bytes).toString("utf8"));
    return true;
  } catch {
    return false;
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
