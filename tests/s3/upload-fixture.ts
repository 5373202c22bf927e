import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { S3Error } from "../../src/errors/s3-error.ts";
import type { Operation } from "../../src/s3/operation.ts";
import { abortMultipartUpload } from "../../src/s3/operations/abort-multipart-upload.ts";
import { completeMultipartUpload } from "../../src/s3/operations/complete-multipart-upload.ts";
import { createMultipartUpload } from "../../src/s3/operations/create-multipart-upload.ts";
import { getObject } from "../../src/s3/operations/get-object.ts";
import { uploadPart } from "../../src/s3/operations/upload-part.ts";
import { childText, parseXml } from "../../src/xml/xml-parser.ts";
import type { Store } from "../../src/store/store.ts";
import { type Answer, openBuckets } from "./bucket-fixture.ts";
import { type CallSketch, makeCall, replyBytes } from "./call.ts";

export const MIB = 2 ** 20;

/** A part as a client names it; further elements by their names. */
export type Named = {
  readonly number: number;
  readonly etag: string;
  readonly [element: string]: string | number;
};

/** What a request may say beside the obvious. */
export type Extra = Partial<CallSketch>;

/** The multipart operations on the bucket `box`. */
export interface Uploads extends AsyncDisposable {
  readonly store: Store;
  run(operation: Operation, sketch: Omit<CallSketch, "store"> & Extra): Promise<Answer>;
  /** The error of what is expected to fail. */
  fail(run: Promise<unknown>): Promise<S3Error>;
  /** Begins an upload; its id. */
  begin(key: string, extra?: Extra): Promise<string>;
  /** Uploads a part; how a client names it. */
  part(key: string, id: string, number: number, body: Uint8Array | string, extra?: Extra): Promise<Named>;
  complete(key: string, id: string, parts: readonly Named[], extra?: Extra): Promise<Answer>;
  abort(key: string, id: string): Promise<Answer>;
  /** The bytes of an object; `undefined` when there is none. */
  read(key: string): Promise<Buffer | undefined>;
}

export async function openUploads(): Promise<Uploads> {
  const buckets = await openBuckets();
  const { store } = buckets;
  const target = (key: string, id: string, more = "") =>
    `/box/${encodeURIComponent(key)}?uploadId=${encodeURIComponent(id)}${more}`;
  const uploads: Uploads = {
    store,
    async run(operation, sketch) {
      const reply = await operation.run(makeCall({ store, method: operation.method, ...sketch }));
      const bytes = await replyBytes(reply);
      return { status: reply.status, headers: reply.headers, bytes, text: new TextDecoder().decode(bytes) };
    },
    async fail(run) {
      try {
        await run;
      } catch (thrown) {
        if (thrown instanceof S3Error) return thrown;
        throw thrown;
      }
      throw new Error("the operation was expected to fail");
    },
    async begin(key, extra) {
      const answer = await uploads.run(createMultipartUpload, {
        target: `/box/${encodeURIComponent(key)}?uploads`,
        ...extra,
      });
      // Not parsed: a key may hold what XML cannot.
      return /<UploadId>([^<]+)<\/UploadId>/.exec(answer.text)?.[1] ?? "";
    },
    async part(key, id, number, body, extra) {
      const answer = await uploads.run(uploadPart, {
        target: target(key, id, `&partNumber=${number}`),
        body,
        ...extra,
      });
      return { number, etag: answer.headers["ETag"] ?? "" };
    },
    complete: (key, id, parts, extra) =>
      uploads.run(completeMultipartUpload, { target: target(key, id), body: partList(parts), ...extra }),
    abort: (key, id) => uploads.run(abortMultipartUpload, { target: target(key, id) }),
    async read(key) {
      if (await store.head("box", key) === undefined) return undefined;
      return Buffer.from((await uploads.run(getObject, { target: `/box/${encodeURIComponent(key)}` })).bytes);
    },
    [Symbol.asyncDispose]: () => buckets[Symbol.asyncDispose](),
  };
  return uploads;
}

/** The smallest part that another may follow, and one that is smaller. */
export const FIRST = bytesOf(5 * MIB, 1);
export const LAST = bytesOf(1000, 2);

/** An upload of `FIRST` and `LAST` that only wants to be completed. */
export async function twoParts(
  uploads: Uploads,
  key = "key",
): Promise<{ readonly id: string; readonly parts: readonly [Named, Named] }> {
  const id = await uploads.begin(key);
  return { id, parts: [await uploads.part(key, id, 1, FIRST), await uploads.part(key, id, 2, LAST)] };
}

/** The document of CompleteMultipartUpload. */
export function partList(parts: readonly Named[]): string {
  const elements = parts.map(({ number, etag, ...more }) => {
    const others = Object.entries(more).map(([name, value]) => `<${name}>${value}</${name}>`).join("");
    return `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag>${others}</Part>`;
  });
  return `<CompleteMultipartUpload>${elements.join("")}</CompleteMultipartUpload>`;
}

/** A document of an answer as the texts of its elements. */
export function fields(answer: Answer, root: string, ...names: string[]): Record<string, string | undefined> {
  const node = parseXml(answer.bytes, root);
  return Object.fromEntries(names.map((name) => [name, childText(node, name)]));
}

/** Bytes that differ from place to place and from seed to seed. */
export function bytesOf(size: number, seed = 0): Buffer {
  const bytes = Buffer.alloc(size, seed);
  for (let i = 0; i + 4 <= size; i += 4) bytes.writeUInt32LE((Math.imul(i, 2654435761) + seed) >>> 0, i);
  return bytes;
}

export function md5(bytes: Uint8Array | string): string {
  return createHash("md5").update(bytes).digest("hex");
}

/** The ETag that S3 gives an object of these parts. */
export function finishedEtag(parts: readonly Uint8Array[]): string {
  return `${md5(Buffer.concat(parts.map((part) => Buffer.from(md5(part), "hex"))))}-${parts.length}`;
}

/** A store with some methods replaced. */
export function altered(store: Store, changes: Partial<Store>): Store {
  return new Proxy(store, {
    get(target, name: keyof Store) {
      const own = target[name];
      return changes[name] ?? own.bind(target);
    },
  });
}
