import { readFileSync } from "node:fs";
import { loadConfig } from "../config/config.ts";
import type { Step } from "../kms/step.ts";
import { createLog } from "../log/log.ts";
import { escapeLine } from "../log/text.ts";
import { FatalError, UsageError } from "./command.ts";
import { configuredKms, kmsLine } from "./configured-kms.ts";
import { parseFlags } from "./flags.ts";
import type { Terminal } from "./terminal.ts";

/**
 * `minio-ts kms status` walks the way to a data key of the configured KMS, as a server does at its start, and lists how
 * each step went.
 * @returns 0, or 1 when a step failed
 * @throws UsageError, ConfigError; FatalError where no KMS is configured
 */
export async function kmsStatus(words: readonly string[], terminal: Terminal): Promise<number> {
  const { values: { json }, positionals } = parseFlags(words, { json: { type: "boolean", default: false } });
  if (positionals.length > 0) throw new UsageError("status takes no arguments.");
  const { encryption } = loadConfig(terminal.env, (path) => readFileSync(path, "utf8"));
  const kms = configuredKms(encryption, createLog({ json, quiet: true }));
  if (kms === undefined) {
    throw new FatalError("No KMS is configured.", {
      hint: "Set MINIO_SSE_VAULT_ENDPOINT, or MINIO_SSE_MASTER_KEY.",
    });
  }
  const line = kmsLine(encryption);
  const steps: Step[] = [];
  try {
    if (!json) terminal.print(`${line}\n`);
    for await (const step of kms.check()) {
      steps.push(step);
      if (!json) terminal.print(stepText(step, terminal.interactive));
    }
  } finally {
    await kms.close();
  }
  const online = steps.every(({ fault }) => fault === undefined);
  if (json) terminal.print(`${JSON.stringify({ kms: line, online, steps: steps.map(stepJson) })}\n`);
  return online ? 0 : 1;
}

function stepText({ name, fault }: Step, coloured: boolean): string {
  if (fault === undefined) return `  ${coloured ? "\u001b[32mok\u001b[0m" : "ok"}      ${name}\n`;
  const failed = coloured ? "\u001b[31mfailed\u001b[0m" : "failed";
  return `  ${failed}  ${name}: ${escapeLine(fault.reason)}\n          > ${fault.hint}\n`;
}

function stepJson({ name, fault }: Step) {
  return { name, ok: fault === undefined, ...fault };
}
