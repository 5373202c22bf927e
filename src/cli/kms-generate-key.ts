import { Buffer } from "node:buffer";
import { randomBytes } from "../crypto/random.ts";
import { UsageError } from "./command.ts";
import type { Terminal } from "./terminal.ts";

/** Bytes of a master key. */
const KEY_SIZE = 32;

/** Names that stand in an environment file, a shell line and a list of keys without quotes. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** `minio-ts kms generate-key NAME` prints a fresh master key as a line of an environment file. @throws UsageError */
export function generateKey([name, ...others]: readonly string[], terminal: Terminal): number {
  if (name === undefined) throw new UsageError("the name of the key is missing.");
  if (others.length > 0) throw new UsageError("it takes only one name.");
  if (!NAME.test(name)) {
    throw new UsageError(
      "a name has up to 128 letters, digits, '.', '_' and '-', and begins with a letter or digit.",
    );
  }
  const hex = Buffer.from(randomBytes(KEY_SIZE)).toString("hex");
  terminal.print(`MINIO_SSE_MASTER_KEY=${name}:${hex}\n`);
  return 0;
}
