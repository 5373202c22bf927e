import { Buffer } from "node:buffer";
import { z } from "zod";
import { Secret } from "../crypto/secret.ts";
import { flag } from "./flag.ts";
import type { VaultConfig } from "./vault.ts";

/** A master key of the configuration. */
export interface ConfiguredMasterKey {
  readonly keyId: string;
  /** 32 bytes. */
  readonly key: Secret;
}

/** How objects are encrypted. */
export interface EncryptionConfig {
  /** At most one of `vault` and `masterKey` is there; none when no KMS is configured. */
  readonly vault: VaultConfig | undefined;
  readonly masterKey: ConfiguredMasterKey | undefined;
  /** Former master keys, for reading alone. */
  readonly retired: readonly ConfiguredMasterKey[];
  readonly autoEncryption: boolean;
  readonly aead: "webcrypto" | "native";
}

/** How a key is written: what follows the id, and how it is read. */
interface Notation {
  readonly name: string;
  readonly encoding: "hex" | "base64";
  readonly pattern: RegExp;
}

const HEX: Notation = { name: "64 hexadecimal digits", encoding: "hex", pattern: /^[0-9a-fA-F]{64}$/ };
const BASE64: Notation = { name: "32 bytes in base64", encoding: "base64", pattern: /^[A-Za-z0-9+/]{43}=$/ };

const oneKey = (notation: Notation) =>
  z.instanceof(Secret).transform((secret, context) => parseKey(textOf(secret), notation, context)).optional();

const retiredKeys = z.instanceof(Secret).transform((secret, context) =>
  textOf(secret).split(/[,\r\n]/).map((line) => line.trim()).filter((line) => line !== "")
    .map((line) => parseKey(line, HEX, context))
).default([]);

/** The part of the schema that speaks of encryption. No message repeats what it found, which may be half a key. */
export const encryptionSchema = {
  masterKey: oneKey(HEX),
  kmsSecretKey: oneKey(BASE64),
  retiredMasterKeys: retiredKeys,
  autoEncryption: flag.default(false),
  kmsAutoEncryption: flag.default(false),
  aead: z.enum(["webcrypto", "native"], 'must be "webcrypto" or "native"').default("webcrypto"),
};

type Parsed = z.output<z.ZodObject<typeof encryptionSchema>>;

/**
 * Puts the settings together.
 * @param vault `"faulty"` where its settings are wrong
 * @param faults takes a sentence for every contradiction
 */
export function readEncryptionConfig(
  parsed: Parsed,
  vault: VaultConfig | "faulty" | undefined,
  faults: string[],
): EncryptionConfig {
  const { masterKey, kmsSecretKey, retiredMasterKeys, aead } = parsed;
  if (masterKey !== undefined && kmsSecretKey !== undefined && !sameKey(masterKey, kmsSecretKey)) {
    faults.push("MINIO_SSE_MASTER_KEY and MINIO_KMS_SECRET_KEY are both set and differ. Keep one of them.");
  }
  const current = masterKey ?? kmsSecretKey;
  const autoEncryption = parsed.autoEncryption || parsed.kmsAutoEncryption;
  const hasKms = current !== undefined || vault !== undefined;
  if (autoEncryption && !hasKms) {
    faults.push(
      "Invalid KMS configuration: auto-encryption is enabled but no valid KMS configuration is present. " +
        "Set MINIO_SSE_MASTER_KEY or MINIO_SSE_VAULT_ENDPOINT, or turn MINIO_SSE_AUTO_ENCRYPTION off.",
    );
  }
  if (!hasKms && retiredMasterKeys.length > 0) {
    faults.push(
      "MINIO_SSE_MASTER_KEY_RETIRED is set, but there is no current KMS. " +
        "Set MINIO_SSE_MASTER_KEY or MINIO_SSE_VAULT_ENDPOINT.",
    );
  }
  return {
    vault: vault === "faulty" ? undefined : vault,
    masterKey: current,
    retired: retiredMasterKeys,
    autoEncryption,
    aead,
  };
}

function parseKey(text: string, notation: Notation, context: z.RefinementCtx): ConfiguredMasterKey {
  const colon = text.indexOf(":");
  const digits = text.slice(colon + 1);
  if (colon < 0) {
    context.addIssue({ code: "custom", message: "does not contain a ':' between key id and key" });
  } else if (!notation.pattern.test(digits)) {
    context.addIssue({ code: "custom", message: `must have ${notation.name} after the first ':'` });
  }
  return {
    keyId: text.slice(0, Math.max(colon, 0)),
    key: new Secret(Buffer.from(digits, notation.encoding)),
  };
}

function sameKey(a: ConfiguredMasterKey, b: ConfiguredMasterKey): boolean {
  return a.keyId === b.keyId && Buffer.from(a.key.reveal()).equals(b.key.reveal());
}

function textOf(secret: Secret): string {
  return new TextDecoder().decode(secret.reveal());
}
