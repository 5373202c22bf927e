import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { UsageError } from "./command.ts";

/**
 * Parses the words after a command.
 * @throws UsageError for a flag that does not exist or lacks its value
 */
export function parseFlags<Options extends ParseArgsOptionsConfig>(
  words: readonly string[],
  options: Options,
) {
  try {
    return parseArgs({ args: [...words], allowPositionals: true, options });
  } catch (thrown) {
    // The first sentence names the flag; the others are advice on `parseArgs`.
    const [sentence = ""] = String(thrown instanceof Error ? thrown.message : thrown).split(/\.\s|\n/);
    throw new UsageError(`${sentence.replace(/\.$/, "")}.`);
  }
}
