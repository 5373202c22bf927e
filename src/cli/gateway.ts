import { type Command, UsageError } from "./command.ts";
import { gatewayNas } from "./gateway-nas.ts";
import { SERVE_FLAGS } from "./serve-flags.ts";

/** `minio-ts gateway nas DIR`. */
export const gateway: Command = {
  name: "gateway",
  usage: "nas [FLAGS] DIR",
  summary: "serve what is kept somewhere else: files of a NAS",
  flags: SERVE_FLAGS,
  examples: [
    "minio-ts gateway nas /mnt/nas",
  ],
  async run([kind, ...words], terminal) {
    if (kind === "nas") return await gatewayNas(words, terminal);
    throw new UsageError(
      kind === undefined ? "say what is behind it: nas." : `"${kind}" is nothing that it stands in front of.`,
    );
  },
};
