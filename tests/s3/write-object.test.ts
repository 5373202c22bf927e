import { expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nativeAead } from "../../src/crypto/aead-native.ts";
import { putObject } from "../../src/s3/operations/put-object.ts";
import { createSse } from "../../src/sse/create.ts";
import { storeKeyDigests } from "../../src/sse/digests.ts";
import { openStoreKey } from "../../src/sse/store-key.ts";
import { openFsStore } from "../../src/store/fs/open.ts";
import { KMS } from "../sse/scene.ts";
import { makeCall } from "./call.ts";

test("A directory of MinIO's layout, which holds nothing to encrypt, is not said to be encrypted", async () => {
  const directory = await mkdtemp(join(tmpdir(), "minio-ts-write-"));
  const store = await openFsStore(directory);
  try {
    await store.createBucket("box");
    const digests = storeKeyDigests(await openStoreKey(store, KMS));
    const sse = createSse({ kms: KMS, aead: nativeAead, digests, encryptsByDefault: async () => true });
    const put = async (target: string) => {
      const { status, headers } = await putObject.run(
        makeCall({ store, sse, method: "PUT", target, body: "" }),
      );
      return [status, headers["ETag"], headers["x-amz-server-side-encryption"]];
    };
    const etag = '"d41d8cd98f00b204e9800998ecf8427e"';
    expect(await put("/box/directory/")).toEqual([200, etag, undefined]);
    expect(await put("/box/object")).toEqual([200, etag, "AES256"]);
  } finally {
    await store.close();
    await rm(directory, { recursive: true, force: true });
  }
});
