import { Buffer } from "node:buffer";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";

// Data directories of real servers are not part of this project. They are looked for beside it, or where GOLDEN_DIR says.
export const GOLDEN = process.env["GOLDEN_DIR"] ??
  resolve(import.meta.dirname, "../../../shared/reference/golden");

/** Whether they are there. A test that cannot find them says so. */
export const HAS_GOLDEN = existsSync(join(GOLDEN, "manifest.json"));
if (!HAS_GOLDEN) console.log(`SKIPPED: no data directories of MinIO at ${GOLDEN}`);

/** What a client sees of an object. */
export interface GoldenObject {
  readonly dataset: string;
  readonly bucket: string;
  readonly key: string;
  readonly size: number;
  readonly sha256: string;
  readonly md5: string;
  readonly sse: "none" | "SSE-S3" | "SSE-C";
  readonly etag: string;
  readonly content_type: string;
  readonly user_metadata: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly client_key_b64?: string;
}

/** An unfinished upload. */
export interface GoldenUpload {
  readonly dataset: string;
  readonly bucket: string;
  readonly key: string;
  readonly upload_id: string;
  readonly sse: GoldenObject["sse"];
  readonly client_key_b64?: string;
  readonly parts: readonly {
    readonly number: number;
    readonly size: number;
    readonly seed: number;
    readonly etag: string;
  }[];
}

export interface Manifest {
  readonly objects: readonly GoldenObject[];
  readonly uploads_in_progress: readonly GoldenUpload[];
  readonly empty_dirs: readonly string[];
  readonly vault: {
    readonly key_name: string;
    readonly exported_key_b64: string;
    readonly exchanges: readonly {
      readonly context: string;
      readonly context_b64: string;
      readonly ciphertext: string;
      readonly plaintext_b64: string;
    }[];
  };
  readonly listings: Readonly<
    Record<string, readonly (readonly [key: string, etag: string, size: number])[]>
  >;
}

export const MANIFEST: Manifest | undefined = HAS_GOLDEN
  ? JSON.parse(readFileSync(join(GOLDEN, "manifest.json"), "utf8"))
  : undefined;

/** The master key of the data sets that have one. */
export const MASTER_KEY = "my-minio-key:6368616e676520746869732070617373776f726420746f206120736563726574";

/** A copy of a data directory that may be written to. */
export interface DataSet {
  readonly directory: string;
  readonly objects: readonly GoldenObject[];
  readonly uploads: readonly GoldenUpload[];
  remove(): void;
}

/** @param emptyDirectories whether those are there that version control loses */
export function copyDataSet(name: string, emptyDirectories = true): DataSet {
  if (MANIFEST === undefined) throw new Error("there are no data sets");
  const directory = mkdtempSync(join(tmpdir(), "minio-ts-golden-"));
  cpSync(join(GOLDEN, name), directory, { recursive: true });
  makeWritable(directory);
  for (const path of emptyDirectories ? MANIFEST.empty_dirs : []) {
    if (path.startsWith(`${name}/`)) mkdirSync(join(directory, path.slice(name.length)), { recursive: true });
  }
  return {
    directory,
    objects: MANIFEST.objects.filter(({ dataset }) => dataset === name),
    uploads: MANIFEST.uploads_in_progress.filter(({ dataset }) => dataset === name),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** The plaintext rule: `byte[i] = (i*31 + 7 + seed) % 251`. */
export function plaintext(size: number, seed: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let i = 0; i < size; i++) bytes[i] = (i * 31 + 7 + seed) % 251;
  return bytes;
}

function makeWritable(path: string): void {
  chmodSync(path, 0o755);
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const child = join(path, entry.name);
    if (entry.isDirectory()) makeWritable(child);
    else chmodSync(child, 0o644);
  }
}
