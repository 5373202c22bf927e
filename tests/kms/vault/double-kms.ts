import { Secret } from "../../../src/crypto/secret.ts";
import type { AppRole } from "../../../src/kms/vault/approle.ts";
import type { TokenEvent } from "../../../src/kms/vault/token.ts";
import type { VaultOptions } from "../../../src/kms/vault/options.ts";
import { VaultKms, type VaultWorld } from "../../../src/kms/vault/vault-kms.ts";
import type { VaultDouble } from "./vault-double.ts";

/** The key ring that these tests use. */
export const KEY = "my-minio-key";
export const CONTEXT = { bucket: "bucket/some/object" };

/** The role that the double knows. */
export function appRoleOf({ roleId, secretId }: VaultDouble, mount = "approle"): AppRole {
  return { mount, roleId: Secret.fromText(roleId), secretId: Secret.fromText(secretId) };
}

/** A KMS over the double, with the ids that the double knows. */
export function kmsOf(
  double: VaultDouble,
  options: Partial<VaultOptions> = {},
  world: VaultWorld = {},
  told: (event: TokenEvent) => void = () => {},
): VaultKms {
  return new VaultKms(
    {
      endpoint: new URL(double.url === "" ? "http://127.0.0.1:1" : double.url),
      namespace: undefined,
      authorities: undefined,
      client: undefined,
      timeout: 5000,
      transitMount: "transit",
      keyName: KEY,
      appRole: appRoleOf(double),
      ...options,
    },
    told,
    world,
  );
}
