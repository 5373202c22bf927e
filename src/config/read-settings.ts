import { Secret } from "../crypto/secret.ts";
import type { Setting } from "./setting.ts";
import { type SettingName, SETTINGS } from "./settings.ts";

/** Reads a file as text. @throws with the reason when it cannot */
export type ReadFile = (path: string) => string;

/** The environment variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Values of the settings that are set, before they are checked. Secret ones are wrapped at once. */
export interface RawSettings {
  readonly values: Partial<Record<SettingName, string | Secret>>;
  /** The variable or file that a setting came from, for messages. */
  readonly sources: Partial<Record<SettingName, string>>;
}

interface Found {
  readonly from: string;
  readonly value: string;
}

/** The settings that there is one of. */
const SINGLE = (Object.keys(SETTINGS) as SettingName[]).filter((name) => {
  const { perTarget }: Setting = SETTINGS[name];
  return perTarget !== true;
});

/** Where docker puts secrets. */
const SECRETS = "/run/secrets";

/**
 * Collects the value of every setting from its variable, its aliases and their `_FILE` twins. A variable that is set but
 * empty counts as not set, as in MinIO since 2019-10.
 * @param faults takes a sentence for every fault; none shows a value
 * @param names which settings; all that there is one of unless given
 */
export function readSettings(
  env: Environment,
  readFile: ReadFile,
  faults: string[],
  names: readonly SettingName[] = SINGLE,
): RawSettings {
  const values: Partial<Record<SettingName, string | Secret>> = {};
  const sources: Partial<Record<SettingName, string>> = {};
  for (const name of names) {
    const setting: Setting = SETTINGS[name];
    const [first, ...others] = [
      ...variablesOf(setting).flatMap((variable) => find(variable, env, readFile, faults)),
      ...defaultSecrets(setting, readFile, faults),
    ];
    if (first === undefined) continue;
    for (const { from, value } of others) {
      if (value !== first.value) faults.push(`${first.from} and ${from} differ. Set only one of them.`);
    }
    values[name] = setting.secret === true ? Secret.fromText(first.value) : first.value;
    sources[name] = first.from;
  }
  return { values, sources };
}

/** Every variable that a setting may come from. */
export function variablesOf({ name, aliases = [], file = false }: Setting): string[] {
  return [name, ...aliases].flatMap((variable) => file ? [variable, `${variable}_FILE`] : [variable]);
}

function find(variable: string, env: Environment, readFile: ReadFile, faults: string[]): Found[] {
  const text = env[variable];
  if (text === undefined || text === "") return [];
  if (!variable.endsWith("_FILE")) return [{ from: variable, value: text }];
  const path = text.startsWith("/") ? text : `${SECRETS}/${text}`;
  try {
    const value = trimLineEnd(readFile(path));
    if (value !== "") return [{ from: variable, value }];
    faults.push(`${variable} names the file ${path}, which is empty.`);
  } catch (thrown) {
    faults.push(`${variable} names the file ${path}, which ${whyUnreadable(thrown)}`);
  }
  return [];
}

/**
 * Secrets that lie where docker puts them although no variable names them. Not to be there is no fault; to be there and
 * of no use is one: a server that was given a key must not start without it.
 */
function defaultSecrets({ defaultFiles = [] }: Setting, readFile: ReadFile, faults: string[]): Found[] {
  return defaultFiles.flatMap((name) => {
    const from = `${SECRETS}/${name}`;
    try {
      const value = trimLineEnd(readFile(from));
      if (value !== "") return [{ from, value }];
      faults.push(`The secret ${from} is empty.`);
    } catch (thrown) {
      if (!isMissing(thrown)) faults.push(`The secret ${from} ${whyUnreadable(thrown)}`);
    }
    return [];
  });
}

/** A file as editors and shells write it ends with a line end that is no part of the secret. */
function trimLineEnd(text: string): string {
  return text.replace(/[\r\n]+$/, "");
}

function isMissing(thrown: unknown): boolean {
  const code = codeOf(thrown);
  return code === "ENOENT" || code === "ENOTDIR";
}

function codeOf(thrown: unknown): unknown {
  return thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
}

function whyUnreadable(thrown: unknown): string {
  const code = codeOf(thrown);
  if (code === "ENOENT") return "does not exist.";
  if (code === "EACCES") return "the server's user may not read.";
  if (code === "EISDIR") return "is a directory.";
  return `cannot be read: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
}
