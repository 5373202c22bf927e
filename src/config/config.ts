import { z } from "zod";
import { Secret } from "../crypto/secret.ts";
import { type AuditWebhookConfig, isTargetVariable, readAuditWebhooks } from "./audit.ts";
import { parseDuration } from "./duration.ts";
import { type EncryptionConfig, encryptionSchema, readEncryptionConfig } from "./encryption.ts";
import { type GatewayConfig, gatewaySchema, readGatewayConfig } from "./gateway.ts";
import {
  type Environment,
  type RawSettings,
  type ReadFile,
  readSettings,
  variablesOf,
} from "./read-settings.ts";
import { IGNORED_SETTINGS, type SettingName, SETTINGS } from "./settings.ts";
import { isVaultGiven, readVaultConfig } from "./vault.ts";

/** Everything that the environment configures, checked. */
export interface Config {
  readonly rootUser: string;
  readonly rootPassword: Secret;
  /** Whether the credentials are the well-known ones that nobody should run with. */
  readonly defaultCredentials: boolean;
  /** `undefined` where none is set: then clients may sign for any. */
  readonly region: string | undefined;
  /** Lower case. */
  readonly domains: readonly string[];
  /** How long requests in flight may go on after a signal, in milliseconds. */
  readonly shutdownTimeout: number;
  /** How many connections are held at a time. */
  readonly maxConnections: number;
  readonly pace: PaceConfig;
  /** Whether everybody may see the metrics. */
  readonly publicMetrics: boolean;
  readonly auditWebhooks: readonly AuditWebhookConfig[];
  /** `undefined` for none. */
  readonly auditFile: string | undefined;
  readonly encryption: EncryptionConfig;
  readonly gateway: GatewayConfig;
  /** `MINIO_` variables that are set and mean nothing here. */
  readonly ignored: readonly string[];
}

/** What clients have to keep up with. */
export interface PaceConfig {
  /** How long one may send nothing of a body, in milliseconds. */
  readonly readDeadline: number;
  /** How long one may take nothing of an answer, in milliseconds. */
  readonly writeDeadline: number;
  /** Bytes a second that it may not stay below; 0 for any. */
  readonly rate: number;
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

/** The well-known credentials of MinIO. */
const DEFAULT_CREDENTIAL = "minioadmin";

/** A time of at least so many milliseconds. */
function duration(least: number) {
  const message = "must be a time such as 500ms, 10s or 2m" +
    (least > 0 ? `, at least ${least / 1000}s` : "");
  return z.string().transform(parseDuration).refine((time) => time >= least, message);
}

/** What each setting must look like. The messages go on after the name of the variable. */
const schema = z.object({
  rootUser: z.string().min(3, "must have at least 3 characters")
    .regex(/^[^\p{Cc}\s=,]*$/u, "must not contain blanks, control characters, '=' or ','").optional(),
  rootPassword: z.instanceof(Secret).refine(({ length }) => length >= 8, "must have at least 8 characters")
    .optional(),
  region: z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9-]*$/, "must be letters, digits and '-'")
    .optional(),
  domain: z.string().transform((text) => text.toLowerCase().split(",").map((name) => name.trim()))
    .refine((names) => names.every(isHostName), "must be host names separated by commas").default([]),
  shutdownTimeout: duration(0).default(10_000),
  maxConnections: z.string().regex(/^[1-9]\d{0,6}$/, "must be a whole number from 1 to 9999999")
    .transform(Number).default(10_000),
  clientReadDeadline: duration(1000).default(120_000),
  // The kernel takes megabytes at a time off a slow reader: at 10 KB/s it is minutes before it asks for more.
  clientWriteDeadline: duration(1000).default(600_000),
  clientMinRate: z.string().regex(/^\d{1,9}$/, "must be a whole number of bytes a second")
    .transform(Number).default(500),
  prometheusAuthType: z.enum(["jwt", "public"], "must be jwt or public").default("jwt"),
  auditFile: z.string().optional(),
  ...encryptionSchema,
  ...gatewaySchema,
});

/**
 * Reads the configuration.
 * @throws ConfigError with everything that is wrong
 */
export function loadConfig(env: Environment, readFile: ReadFile): Config {
  const faults: string[] = [];
  const ignored = unknownVariables(env);
  const raw = readSettings(env, readFile, faults);
  const parsed = schema.safeParse(raw.values);
  for (const { path: [name], message } of parsed.error?.issues ?? []) {
    faults.push(`${raw.sources[name as SettingName]} ${message}.`);
  }
  faults.push(...checkPair(raw, faults));
  const auditWebhooks = readAuditWebhooks(env, readFile, faults);
  const vault = readVaultConfig(raw, faults) ?? (isVaultGiven(raw) ? "faulty" : undefined);
  const encryption = parsed.success ? readEncryptionConfig(parsed.data, vault, faults) : undefined;
  const hasKms = vault !== undefined || raw.sources.masterKey !== undefined ||
    raw.sources.kmsSecretKey !== undefined;
  const gateway = parsed.success ? readGatewayConfig(parsed.data, raw, hasKms, faults) : undefined;
  if (faults.length > 0 || encryption === undefined || gateway === undefined || !parsed.success) {
    // Not a fault by itself, but it may be why another setting is missing.
    const unknown = ignored.map((name) => `${name} is not known, and has no effect.`);
    throw new ConfigError([...faults, ...unknown]);
  }
  const { rootUser, rootPassword, prometheusAuthType, ...same } = parsed.data;
  return {
    rootUser: rootUser ?? DEFAULT_CREDENTIAL,
    rootPassword: rootPassword ?? Secret.fromText(DEFAULT_CREDENTIAL),
    defaultCredentials: rootPassword === undefined || isDefault(rootUser, rootPassword),
    region: same.region,
    domains: same.domain,
    shutdownTimeout: same.shutdownTimeout,
    maxConnections: same.maxConnections,
    pace: {
      readDeadline: same.clientReadDeadline,
      writeDeadline: same.clientWriteDeadline,
      rate: same.clientMinRate,
    },
    publicMetrics: prometheusAuthType === "public",
    auditWebhooks,
    auditFile: same.auditFile,
    encryption,
    gateway,
    ignored,
  };
}

/** Half of the credentials is a mistake, unless the other half already has a fault of its own. */
function checkPair({ sources }: RawSettings, faults: readonly string[]): string[] {
  const halves = [["rootUser", "rootPassword"], ["rootPassword", "rootUser"]] as const;
  return halves.flatMap(([set, missing]) => {
    const names = variablesOf(SETTINGS[missing]);
    if (sources[set] === undefined || sources[missing] !== undefined) return [];
    if (faults.some((fault) => names.some((name) => fault.startsWith(`${name} `)))) return [];
    return [`${sources[set]} is set, but ${SETTINGS[missing].name} is not. Set both or neither.`];
  });
}

function isDefault(user: string | undefined, password: Secret): boolean {
  return user === DEFAULT_CREDENTIAL && new TextDecoder().decode(password.reveal()) === DEFAULT_CREDENTIAL;
}

function unknownVariables(env: Environment): string[] {
  const known = new Set([...Object.values(SETTINGS).flatMap(variablesOf), ...IGNORED_SETTINGS]);
  return Object.keys(env).filter((name) => name.startsWith("MINIO_") && !known.has(name))
    .filter((name) => !isTargetVariable(name)).sort();
}

function isHostName(name: string): boolean {
  return /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/.test(name);
}
