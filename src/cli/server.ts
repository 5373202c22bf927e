import type { Command } from "./command.ts";
import { openDataDirectory } from "./data-directory.ts";
import { directoryService, onlyDirectory } from "./directory-service.ts";
import { serve } from "./serve.ts";
import { parseServeFlags, SERVE_FLAGS } from "./serve-flags.ts";

/** `minio-ts server DIR`: S3 over the embedded store, or over the directory of a MinIO. */
export const server: Command = {
  name: "server",
  usage: "[FLAGS] DIR",
  summary: "serve objects from a directory",
  flags: SERVE_FLAGS,
  examples: [
    "minio-ts server /data",
    "minio-ts server --address 127.0.0.1:9001 --certs-dir /etc/minio/certs /data",
  ],
  async run(words, terminal) {
    const { flags, positionals } = parseServeFlags(words);
    const directory = onlyDirectory(positionals);
    const open = (path: string) => openDataDirectory(path, { create: true });
    return await serve(
      flags,
      "myminio",
      terminal,
      (config, log) => directoryService(directory, open, config, log),
    );
  },
};
