import { appendFile } from "node:fs/promises";
import { resolve } from "node:path";
import { fileTarget } from "../audit/file-target.ts";
import type { AuditTarget } from "../audit/target.ts";
import { webhookTarget } from "../audit/webhook-target.ts";
import type { Config } from "../config/config.ts";
import { FatalError } from "./command.ts";

/** Entries that wait for the file at most. */
const FILE_QUEUE = 10_000;

/** Where the configuration wants audit entries. @throws FatalError when the file cannot be written */
export async function auditTargets(
  { auditWebhooks, auditFile }: Pick<Config, "auditWebhooks" | "auditFile">,
): Promise<readonly { readonly target: AuditTarget; readonly queueSize: number }[]> {
  const targets = auditWebhooks.map(({ queueSize, ...hook }) => ({ target: webhookTarget(hook), queueSize }));
  if (auditFile === undefined) return targets;
  const path = resolve(auditFile);
  try {
    await appendFile(path, "", { mode: 0o600 });
  } catch (thrown) {
    throw new FatalError(
      `Unable to write the audit log: ${thrown instanceof Error ? thrown.message : thrown}.`,
      {
        hint: "MINIO_AUDIT_LOG_PATH must name a file that the server's user can create or append to.",
        cause: thrown,
      },
    );
  }
  return [...targets, { target: fileTarget(path), queueSize: FILE_QUEUE }];
}
