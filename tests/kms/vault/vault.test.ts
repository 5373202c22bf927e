import { describe, test } from "bun:test";
import { namedExecutable, realVaults } from "./real-vault.ts";
import { describeVault } from "./vault-suite.ts";
import { makeVaultDouble } from "./vault-under-test.ts";

describeVault("a double of Vault", () => makeVaultDouble);

const executable = namedExecutable();
if (executable === undefined) {
  console.log("SKIPPED: the tests against a real Vault; name an executable of Vault or OpenBao in VAULT_BIN");
  describe.skip("a real Vault", () => test("is named by VAULT_BIN", () => {}));
} else {
  describeVault(`a real Vault, ${executable}`, (authority) => realVaults(executable, authority));
}
