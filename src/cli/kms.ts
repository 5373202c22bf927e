import { type Command, UsageError } from "./command.ts";
import { generateKey } from "./kms-generate-key.ts";
import { kmsStatus } from "./kms-status.ts";

/** `minio-ts kms generate-key NAME` and `minio-ts kms status`. */
export const kms: Command = {
  name: "kms",
  usage: "generate-key NAME | status [--json]",
  summary: "make a master key, or look at the KMS that is configured",
  flags: [["--json", "status: print one JSON object"]],
  examples: [
    "minio-ts kms generate-key my-key",
    "minio-ts kms generate-key my-key >> minio.env",
    "minio-ts kms status",
  ],
  async run([action, ...words], terminal) {
    if (action === "generate-key") return generateKey(words, terminal);
    if (action === "status") return await kmsStatus(words, terminal);
    throw new UsageError(
      action === undefined
        ? "say what to do: generate-key or status."
        : `"${action}" is not something that it does.`,
    );
  },
};
