import { type Command, UsageError } from "./command.ts";
import { gatewayNas } from "./gateway-nas.ts";
import { gatewayS3 } from "./gateway-s3.ts";
import { SERVE_FLAGS } from "./serve-flags.ts";

/** `minio-ts gateway nas DIR` and `minio-ts gateway s3 [URL]`. */
export const gateway: Command = {
  name: "gateway",
  usage: "nas [FLAGS] DIR | s3 [FLAGS] [URL]",
  summary: "serve what is kept somewhere else: files of a NAS, or another S3 server",
  flags: SERVE_FLAGS,
  examples: [
    "minio-ts gateway nas /mnt/nas",
    "minio-ts gateway s3",
    "minio-ts gateway s3 --address :9001 https://ceph.example.com",
  ],
  async run([kind, ...words], terminal) {
    if (kind === "nas") return await gatewayNas(words, terminal);
    if (kind === "s3") return await gatewayS3(words, terminal);
    throw new UsageError(
      kind === undefined
        ? "say what is behind it: nas or s3."
        : `"${kind}" is nothing that it stands in front of.`,
    );
  },
};
