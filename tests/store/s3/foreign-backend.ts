import process from "node:process";
import { Secret } from "../../../src/crypto/secret.ts";
import { parseEndpoint } from "../../../src/store/s3/client/endpoint.ts";
import { openRemoteStore, type RemoteStoreOptions } from "../../../src/store/s3/open.ts";
import type { Store } from "../../../src/store/store.ts";

/** A server of somebody else that holds nothing and serves these tests alone. */
export interface ForeignBackend {
  readonly options: RemoteStoreOptions;
  /** Deletes everything there. */
  close(): Promise<void>;
}

/** URL of the server that stands in for our own as the backend of the conformance suite. */
export const FOREIGN_URL = process.env["MINIO_TS_TEST_BACKEND"];

/** The server at a URL, with the credentials of the environment. Everything that it has is deleted. */
export async function foreignBackend(url: string): Promise<ForeignBackend> {
  const options: RemoteStoreOptions = {
    endpoint: parseEndpoint(url, undefined),
    credentials: {
      accessKey: process.env["AWS_ACCESS_KEY_ID"] ?? "",
      secretKey: Secret.fromText(process.env["AWS_SECRET_ACCESS_KEY"] ?? ""),
    },
    region: process.env["MINIO_REGION"] ?? "us-east-1",
    keysOverLoopback: true,
    encrypts: false,
  };
  const store = await openRemoteStore(options);
  await empty(store);
  return {
    options,
    async close() {
      await empty(store);
      await store.close();
    },
  };
}

async function empty(store: Store): Promise<void> {
  const page = await store.listBuckets({ prefix: "", after: "", limit: 1000 });
  for (const { name } of page.buckets) await deleteWhole(store, name);
}

async function deleteWhole(store: Store, bucket: string): Promise<void> {
  const listing = { bucket, prefix: "", delimiter: "" };
  for (;;) {
    const { objects } = await store.listObjects({ ...listing, after: "", limit: 1000 });
    if (objects.length === 0) break;
    await Promise.all(objects.map(({ key }) => store.deleteObject({ bucket, key })));
  }
  const { uploads } = await store.listUploads({ ...listing, afterKey: "", afterUploadId: "", limit: 1000 });
  for (const upload of uploads) await store.abortUpload(upload).catch(() => {});
  await store.deleteBucket(bucket);
}
