import { z } from "zod";
import { Secret } from "../crypto/secret.ts";
import { type EncryptionConfig, encryptionSchema, readEncryptionConfig } from "./encryption.ts";
import { type Environment, type ReadFile, readSettings } from "./read-settings.ts";
import { type SettingName, SETTINGS } from "./settings.ts";

/** Everything that the environment configures, checked. */
export interface Config {
  readonly rootUser: string;
  readonly rootPassword: Secret;
  /** Whether the credentials are the well-known ones that nobody should run with. */
  readonly defaultCredentials: boolean;
  readonly region: string;
  /** Lower case. */
  readonly domains: readonly string[];
  readonly encryption: EncryptionConfig;
}

/** All faults of a configuration at once, each a sentence that names the variable and shows no value of a secret. */
export class ConfigError extends Error {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(faults.join("\n"));
    this.name = "ConfigError";
    this.faults = faults;
  }
}

const secret = z.instanceof(Secret);

const schema = z.object({
  rootUser: z.string().min(3, "must have at least 3 characters")
    .regex(/^[^\s=,/]+$/, "must not contain blanks, '=', ',' or '/'").optional(),
  rootPassword: secret.refine((value) => value.length >= 8, "must have at least 8 characters").optional(),
  region: z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9-]*$/, "must be letters, digits and '-'").default(
    "us-east-1",
  ),
  domain: z.string().transform((text) => text.toLowerCase().split(",").map((name) => name.trim()))
    .refine((names) => names.every(isHostName), "must be host names separated by commas").default([]),
  ...encryptionSchema,
});

/**
 * Reads the configuration.
 * @throws ConfigError with everything that is wrong
 */
export function loadConfig(env: Environment, readFile: ReadFile): Config {
  const faults: string[] = [];
  const raw = readSettings(env, readFile, faults);
  const parsed = schema.safeParse(raw);
  for (const issue of parsed.error?.issues ?? []) {
    faults.push(`${SETTINGS[issue.path[0] as SettingName].name} ${issue.message}.`);
  }
  if ((raw.rootUser === undefined) !== (raw.rootPassword === undefined)) {
    const missing = raw.rootUser === undefined ? SETTINGS.rootUser : SETTINGS.rootPassword;
    faults.push(`${missing.name} is not set, but its partner is. Set both or neither.`);
  }
  const encryption = parsed.success ? readEncryptionConfig(parsed.data, faults) : undefined;
  if (faults.length > 0 || encryption === undefined || !parsed.success) throw new ConfigError(faults);
  const { rootUser, rootPassword, region, domain } = parsed.data;
  return {
    rootUser: rootUser ?? "minioadmin",
    rootPassword: rootPassword ?? Secret.fromText("minioadmin"),
    defaultCredentials: rootPassword === undefined,
    region,
    domains: domain,
    encryption,
  };
}

function isHostName(name: string): boolean {
  return /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/.test(name);
}
