import { Secret } from "../crypto/secret.ts";
import { type Setting, type SettingName, SETTINGS } from "./settings.ts";

/** Reads a file as text. @throws with the reason when it cannot */
export type ReadFile = (path: string) => string;

/** The environment variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Raw values of the settings that are set. Secret ones are wrapped before anything else sees them. */
export type RawSettings = Partial<Record<SettingName, string | Secret>>;

/** Where docker puts secrets. */
const SECRETS = "/run/secrets";

/**
 * Collects the value of every setting from its variable, its aliases and its `_FILE` twins. A variable that is set but
 * empty counts as not set, as in MinIO since 2019-10.
 * @param faults takes a sentence for every fault; none shows a value
 */
export function readSettings(env: Environment, readFile: ReadFile, faults: string[]): RawSettings {
  const values: RawSettings = {};
  for (const name of Object.keys(SETTINGS) as SettingName[]) {
    const setting: Setting = SETTINGS[name];
    const value = readSetting(setting, env, readFile, faults);
    if (value !== undefined) values[name] = setting.secret === true ? Secret.fromText(value) : value;
  }
  return values;
}

function readSetting(
  setting: Setting,
  env: Environment,
  readFile: ReadFile,
  faults: string[],
): string | undefined {
  const found: { readonly from: string; readonly value: string }[] = [];
  for (const name of [setting.name, ...setting.aliases ?? []]) {
    const direct = env[name];
    if (direct !== undefined && direct !== "") found.push({ from: name, value: direct });
    const path = setting.file === true ? env[`${name}_FILE`] : undefined;
    if (path === undefined || path === "") continue;
    const value = readSecretFile(`${name}_FILE`, path, readFile, faults);
    if (value !== undefined) found.push({ from: `${name}_FILE`, value });
  }
  const [first, ...others] = found;
  if (first === undefined) return defaultSecret(setting, readFile);
  for (const other of others) {
    if (other.value !== first.value) {
      faults.push(`${first.from} and ${other.from} are both set and differ. Keep one of them.`);
    }
  }
  return first.value;
}

function readSecretFile(
  variable: string,
  path: string,
  readFile: ReadFile,
  faults: string[],
): string | undefined {
  const full = path.startsWith("/") ? path : `${SECRETS}/${path}`;
  try {
    const value = trimNewlines(readFile(full));
    if (value !== "") return value;
    faults.push(`${variable} names the file ${full}, which is empty.`);
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    faults.push(`${variable} names the file ${full}, which cannot be read: ${reason}`);
  }
  return undefined;
}

/** A secret that lies where docker puts it although no variable names it. */
function defaultSecret(setting: Setting, readFile: ReadFile): string | undefined {
  for (const name of setting.defaultFiles ?? []) {
    try {
      const value = trimNewlines(readFile(`${SECRETS}/${name}`));
      if (value !== "") return value;
    } catch {
      continue;
    }
  }
  return undefined;
}

function trimNewlines(text: string): string {
  return text.replace(/[\r\n]+$/, "");
}
