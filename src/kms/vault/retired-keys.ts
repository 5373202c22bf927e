import type { Kms } from "../kms.ts";
import { type MasterKey, openWithMasterKeys } from "../master-key.ts";
import { isVaultCiphertext } from "./ciphertext.ts";
import type { VaultKms } from "./vault-kms.ts";

/**
 * A Vault beside which former master keys still open what they once sealed, and from which such data keys move on to
 * Vault when they are rewrapped: the way from a master key to Vault.
 */
export function withRetiredKeys(vault: VaultKms, retired: readonly MasterKey[]): Kms {
  return {
    keyId: vault.keyId,
    generateDataKey: (context) => vault.generateDataKey(context),
    async openDataKey(keyId, sealed, context) {
      if (isVaultCiphertext(sealed)) return await vault.openDataKey(keyId, sealed, context);
      return openWithMasterKeys(retired, keyId, sealed, context).dataKey;
    },
    async rewrapDataKey(keyId, sealed, context) {
      if (isVaultCiphertext(sealed)) return await vault.rewrapDataKey(keyId, sealed, context);
      return await vault.sealDataKey(
        openWithMasterKeys(retired, keyId, sealed, context).dataKey,
        context,
      );
    },
    check: () => vault.check(),
    status: () => vault.status(),
    close: () => vault.close(),
  };
}
