import { Buffer } from "node:buffer";
import { randomBytes } from "../crypto/random.ts";
import { type Command, UsageError } from "./command.ts";

/** Bytes of a master key. */
const KEY_SIZE = 32;

/** Names that stand in an environment file, a shell line and a list of keys without quotes. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** `minio-ts kms generate-key NAME`. */
export const kms: Command = {
  name: "kms",
  usage: "generate-key NAME",
  summary: "make a master key for MINIO_SSE_MASTER_KEY",
  flags: [],
  examples: [
    "minio-ts kms generate-key my-key",
    "minio-ts kms generate-key my-key >> minio.env",
  ],
  async run([action, name, ...others], terminal) {
    if (action === undefined) throw new UsageError("say what to do: generate-key.");
    if (action !== "generate-key") throw new UsageError(`"${action}" is not something that it does.`);
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
  },
};
