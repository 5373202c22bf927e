import { openNasDirectory } from "./data-directory.ts";
import { directoryService, onlyDirectory } from "./directory-service.ts";
import { serve } from "./serve.ts";
import { parseServeFlags } from "./serve-flags.ts";
import type { Terminal } from "./terminal.ts";

/** `minio-ts gateway nas DIR`: S3 over a directory that others may serve and write to as well. */
export async function gatewayNas(words: readonly string[], terminal: Terminal): Promise<number> {
  const { flags, positionals } = parseServeFlags(words);
  const directory = onlyDirectory(positionals);
  return await serve(
    flags,
    "mynas",
    terminal,
    (config, log) => directoryService(directory, openNasDirectory, config, log),
  );
}
