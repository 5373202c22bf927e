import { z } from "zod";
import { Secret } from "../crypto/secret.ts";
import { parseDuration } from "./duration.ts";
import type { RawSettings } from "./read-settings.ts";
import { readVaultCertificates, type VaultCertificates } from "./vault-certificates.ts";
import { VAULT, type VaultSettingName } from "./vault-settings.ts";

/** A Vault and what is ours in it. */
export interface VaultConfig extends VaultCertificates {
  /** `http:` or `https:`, perhaps with a path. */
  readonly endpoint: URL;
  readonly namespace: string | undefined;
  readonly roleId: Secret;
  readonly secretId: Secret;
  /** The mount below `auth/`. */
  readonly appRoleMount: string;
  readonly transitMount: string;
  readonly keyName: string;
  /** For one call, in milliseconds. */
  readonly timeout: number;
  /** Of opened data keys: age in milliseconds. */
  readonly cache: { readonly age: number; readonly entries: number } | undefined;
}

/** Part of a path as Vault writes mounts: no empty elements, no dots alone, nothing that a URL reads otherwise. */
const MOUNT = /^(?!\.{1,2}(\/|$))[\w.~-]+(\/(?!\.{1,2}(\/|$))[\w.~-]+)*$/;
const mount = (fallback: string) =>
  z.string().transform((text) => text.replace(/^\/+|\/+$/g, ""))
    .refine((text) => MOUNT.test(text), 'must be a path such as "team/transit"').default(fallback);

const duration = z.string().transform(parseDuration)
  .refine((milliseconds) => milliseconds > 0, "must be a time above 0 such as 500ms, 10s or 2m");

/** What each setting must look like by itself. The messages go on after the name of the variable. */
const schema = z.object({
  vaultEndpoint: z.string().transform((text, context) => {
    const url = URL.parse(text);
    const speaksHttp = url !== null && (url.protocol === "http:" || url.protocol === "https:");
    if (speaksHttp && url.username + url.password + url.search + url.hash === "") return url;
    context.addIssue({ code: "custom", message: "must be a URL such as https://vault.example.com:8200" });
    return z.NEVER;
  }).optional(),
  vaultNamespace: z.string().regex(/^[\x21-\x7e]+$/, "must not contain blanks or control characters")
    .optional(),
  // The names that Vault itself takes for keys.
  vaultKeyName: z.string().regex(/^\w([\w.-]*\w)?$/, "must be letters, digits, '_', '-' and '.'").optional(),
  vaultTransitPath: mount("transit"),
  vaultAppRolePath: mount("approle"),
  vaultTimeout: duration.default(10_000),
  vaultCacheAge: duration.optional(),
  vaultCacheKeys: z.string().regex(/^[1-9]\d{0,6}$/, "must be a number from 1 to 9999999")
    .transform(Number).default(10_000),
});

/** Settings that Vault cannot do without, and how MinIO's texts call them. */
const REQUIRED = [
  ["vaultEndpoint", "endpoint"],
  ["vaultRoleId", "AppRole ID"],
  ["vaultSecretId", "AppSecret ID"],
  ["vaultKeyName", "key name"],
] as const;

/** Whether anything says that Vault is to be the KMS: any setting of it but a key version of 0. */
export function isVaultGiven({ values }: RawSettings): boolean {
  return (Object.keys(VAULT) as VaultSettingName[]).some((name) =>
    values[name] !== undefined && !(name === "vaultKeyVersion" && Number(values[name]) === 0)
  );
}

/**
 * The settings of Vault, `undefined` where none is given or they have faults (minio-formats section 11).
 * @param faults takes a sentence for every fault; none shows a value
 */
export function readVaultConfig(raw: RawSettings, faults: string[]): VaultConfig | undefined {
  const before = faults.length;
  checkKeyVersion(raw, faults);
  if (!isVaultGiven(raw)) return undefined;
  const parsed = schema.safeParse(raw.values);
  for (const { path: [name], message } of parsed.error?.issues ?? []) {
    faults.push(`${raw.sources[name as VaultSettingName]} ${message}.`);
  }
  for (const [name, what] of REQUIRED) {
    if (raw.values[name] !== undefined || isUnreadable(name, faults)) continue;
    faults.push(`crypto: missing hashicorp vault ${what}. Set ${VAULT[name].name}.`);
  }
  const authType = raw.values.vaultAuthType;
  if (authType !== undefined && String(authType).toLowerCase() !== "approle") {
    faults.push(
      `crypto: invalid hashicorp vault authentication type: ${authType} is not supported. ` +
        `Set ${raw.sources.vaultAuthType} to approle, or not at all.`,
    );
  }
  checkAlone(raw, faults);
  const certificates = readVaultCertificates(raw, faults);
  const { vaultRoleId: roleId, vaultSecretId: secretId } = raw.values;
  if (faults.length > before || !parsed.success) return undefined;
  const { vaultEndpoint: endpoint, vaultKeyName: keyName } = parsed.data;
  if (endpoint === undefined || keyName === undefined) return undefined;
  if (!(roleId instanceof Secret) || !(secretId instanceof Secret)) return undefined;
  const { vaultCacheAge: age, vaultCacheKeys: entries } = parsed.data;
  return {
    endpoint,
    namespace: parsed.data.vaultNamespace,
    roleId,
    secretId,
    appRoleMount: parsed.data.vaultAppRolePath,
    transitMount: parsed.data.vaultTransitPath,
    keyName,
    ...certificates,
    timeout: parsed.data.vaultTimeout,
    cache: age === undefined ? undefined : { age, entries },
  };
}

/** The version is checked even where nothing else speaks of Vault, as in MinIO. */
function checkKeyVersion({ values, sources }: RawSettings, faults: string[]): void {
  const { vaultKeyVersion: version } = values;
  if (typeof version !== "string") return;
  if (!/^[+-]?\d{1,10}$/.test(version)) {
    faults.push(`Invalid ENV variable: Unable to parse ${sources.vaultKeyVersion} value (\`${version}\`).`);
  } else if (Number(version) < 0) {
    faults.push(
      "crypto: invalid hashicorp vault key version: The key version must not be negative. " +
        `Correct ${sources.vaultKeyVersion}.`,
    );
  }
}

/** Whether the setting is there, but its file could not be read: that fault is told already. */
function isUnreadable(name: VaultSettingName, faults: readonly string[]): boolean {
  const variables = [VAULT[name].name, ...VAULT[name].aliases].map((variable) => `${variable}_FILE `);
  return faults.some((fault) => variables.some((variable) => fault.startsWith(variable)));
}

function checkAlone({ sources: { masterKey, kmsSecretKey } }: RawSettings, faults: string[]): void {
  const other = masterKey ?? kmsSecretKey;
  if (other === undefined) return;
  faults.push(
    "Ambiguous KMS configuration: vault configuration and a master key are provided at the same time. " +
      `Keep one of them. To move on to Vault, give the key of ${other} as MINIO_SSE_MASTER_KEY_RETIRED.`,
  );
}
