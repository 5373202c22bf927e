import { afterEach, expect, test } from "bun:test";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { syncDirectory } from "../../../src/store/files/directory-sync.ts";

const missing = join(tmpdir(), "minio-ts-is-not-there");
const platform = process.platform;
afterEach(() => void Object.defineProperty(process, "platform", { value: platform }));

test("a directory that cannot be flushed is an error", async () => {
  await expect(syncDirectory(missing)).rejects.toThrow("ENOENT");
});

test("Windows is not asked to flush a directory, for it refuses", async () => {
  Object.defineProperty(process, "platform", { value: "win32" });
  await syncDirectory(missing);
});
