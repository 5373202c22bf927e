import { readFileSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { loadConfig } from "../config/config.ts";
import { createLog } from "../log/log.ts";
import { objectKeyDigests } from "../sse/object-key-digests.ts";
import type { FsReader } from "../store/fs/fs-reader.ts";
import { sizesText } from "./amounts.ts";
import { type Command, FatalError, UsageError } from "./command.ts";
import { configuredKms, requireWorkingKms } from "./configured-kms.ts";
import { openLayoutReader, openOwnDirectory } from "./data-directory.ts";
import { aeadOf, storeDigests } from "./encryption.ts";
import { parseFlags } from "./flags.ts";
import { importObjects } from "./import-objects.ts";
import { reportImport } from "./import-report.ts";
import { type ImportSurvey, requireKeys, surveyImport } from "./import-survey.ts";
import { showProgress } from "./progress.ts";
import type { Terminal } from "./terminal.ts";

const WHEN_LOCKED = "Stop the server first: nobody else may write while objects are brought over.";

/**
 * `minio-ts import DIR_OLD DIR_NEW` brings what MinIO kept in its FS layout into a storage of our own, as it rests. There
 * is no state beside the objects themselves: who starts it again, however it ended, passes over what is there.
 */
export const importDirectory: Command = {
  name: "import",
  usage: "[FLAGS] DIR_OLD DIR_NEW",
  summary: "bring the objects of a MinIO directory into a storage of minio-ts",
  flags: [
    ["--plain-only", "leave encrypted objects behind; needs no KMS"],
    ["--json", "print JSON lines"],
  ],
  examples: ["minio-ts import /data/minio /data/minio-ts"],
  async run(words, terminal) {
    const { from, to, plainOnly, json } = parse(words);
    const { encryption } = loadConfig(terminal.env, (path) => readFileSync(path, "utf8"));
    const reader = await openLayoutReader(from);
    await requireApart(reader, to);
    const kms = configuredKms(encryption, createLog({ json, quiet: true }));
    try {
      if (kms !== undefined) await requireWorkingKms(kms);
      return await bringOver({ reader, to, plainOnly, json, kms, encryption }, terminal);
    } finally {
      await kms?.close();
    }
  },
};

interface Task {
  readonly reader: FsReader;
  readonly to: string;
  readonly plainOnly: boolean;
  readonly json: boolean;
  readonly kms: ReturnType<typeof configuredKms>;
  readonly encryption: Parameters<typeof aeadOf>[0];
}

async function bringOver(
  { reader, to, plainOnly, json, kms, encryption }: Task,
  terminal: Terminal,
): Promise<number> {
  const begin = performance.now();
  let surveyed: Promise<ImportSurvey> | undefined;
  const survey = () => surveyed ??= surveyImport(reader);
  const progress = await showProgress(terminal, {
    shown: terminal.interactive && !json,
    total: async () => (await survey()).bytes,
    describe: (done, total) => sizesText(Math.floor(done), total),
  });
  try {
    if (!plainOnly) await requireKeys(await survey(), reader.root, kms);
    const store = await openOwnDirectory(to, WHEN_LOCKED);
    try {
      const known = await store.getDocument("deployment-id");
      if (known === undefined && reader.deploymentId !== undefined) {
        await store.setDocument("deployment-id", reader.deploymentId);
      }
      const outcome = await importObjects(
        {
          from: reader,
          to: store,
          plainOnly,
          keys: {
            kms,
            aead: aeadOf(encryption),
            from: objectKeyDigests(kms),
            to: await storeDigests(store, kms),
          },
        },
        progress,
        json,
      );
      progress.end();
      const uploads = await reader.countUploads();
      const milliseconds = performance.now() - begin;
      return reportImport(
        { ...outcome, from: reader.root, to: resolve(to), uploads, milliseconds },
        terminal,
        json,
      );
    } finally {
      await store.close();
    }
  } catch (thrown) {
    progress.end();
    throw thrown;
  }
}

/** @throws UsageError */
function parse(words: readonly string[]) {
  const { values, positionals: [from, to, ...others] } = parseFlags(words, {
    "plain-only": { type: "boolean" },
    "json": { type: "boolean" },
  });
  if (from === undefined || from === "") throw new UsageError("the directory of MinIO is missing.");
  if (to === undefined || to === "") {
    throw new UsageError("the directory to bring its objects to is missing.");
  }
  if (others.length > 0) throw new UsageError(`it takes two directories, not "${others.join(" ")}" too.`);
  return { from, to, plainOnly: values["plain-only"] === true, json: values.json === true };
}

/** @throws FatalError when the new directory is the old one or in it, where nothing may change */
async function requireApart({ root }: FsReader, to: string): Promise<void> {
  const target = await realTarget(resolve(to));
  if (!`${target}/`.startsWith(`${root}/`)) return;
  throw new FatalError(`${resolve(to)} is ${target === root ? "" : "in "}the directory to import from.`, {
    hint: "Name a directory beside it: the old one is only read.",
  });
}

/** A path without symbolic links, as far as it exists. */
async function realTarget(path: string): Promise<string> {
  const parent = dirname(path);
  return await realpath(path).catch(async () =>
    parent === path ? path : join(await realTarget(parent), basename(path))
  );
}
