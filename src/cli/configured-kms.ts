import type { EncryptionConfig } from "../config/encryption.ts";
import type { VaultConfig } from "../config/vault.ts";
import { cachedKms } from "../kms/key-cache.ts";
import type { Kms } from "../kms/kms.ts";
import { masterKeyKms } from "../kms/master-key.ts";
import { systemClock } from "../kms/vault/clock.ts";
import { loginHint } from "../kms/vault/hints.ts";
import { withRetiredKeys } from "../kms/vault/retired-keys.ts";
import type { TokenEvent } from "../kms/vault/token.ts";
import { VaultKms } from "../kms/vault/vault-kms.ts";
import { KmsMeter } from "../metrics/kms-meter.ts";
import type { Log } from "../log/log.ts";
import { FatalError } from "./command.ts";

/** The KMS that the configuration asks for, `undefined` for none. @param meter counts what it is asked for */
export function configuredKms(
  { masterKey, vault, retired }: EncryptionConfig,
  log: Log,
  meter = new KmsMeter(),
): Kms | undefined {
  if (vault === undefined) {
    return masterKey === undefined ? undefined : meter.metered(masterKeyKms(masterKey, retired));
  }
  const kms = meter.metered(withRetiredKeys(vaultKms(vault, log), retired));
  if (vault.cache === undefined) return kms;
  return cachedKms(kms, vault.cache, systemClock, (found) => meter.lookedUp(found));
}

function vaultKms({ appRoleMount, roleId, secretId, ...options }: VaultConfig, log: Log): VaultKms {
  return new VaultKms(
    { ...options, appRole: { mount: appRoleMount, roleId, secretId } },
    (event) => tell(log, event),
  );
}

function tell(log: Log, event: TokenEvent): void {
  if (event.kind === "regained") return log.info("Vault gives a token again.");
  const { fault } = event;
  log.error(
    `Vault gives no token, so nothing can be encrypted or decrypted with its keys: ${fault.message}. ` +
      `${loginHint(fault)} The log-in is tried again until it works.`,
  );
}

/** Walks the way to a data key before anything relies on it. @throws FatalError that names the step that failed */
export async function requireWorkingKms(kms: Kms): Promise<void> {
  for await (const { name, fault } of kms.check()) {
    if (fault === undefined) continue;
    throw new FatalError(`Unable to setup the KMS: failed to ${name}: ${fault.reason}.`, {
      hint: fault.hint,
    });
  }
}

/** The KMS in one line of the banner. */
export function kmsLine({ masterKey, vault, retired }: EncryptionConfig): string {
  const current = vault === undefined
    ? masterKey && `master key ${JSON.stringify(masterKey.keyId)}`
    : `Vault ${vault.endpoint.origin}, key ${JSON.stringify(vault.keyName)}`;
  if (current === undefined) return "none";
  return retired.length === 0 ? current : `${current}, ${retired.length} retired`;
}
