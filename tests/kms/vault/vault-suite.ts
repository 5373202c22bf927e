import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { Secret } from "../../../src/crypto/secret.ts";
import { masterKeyKms } from "../../../src/kms/master-key.ts";
import { ciphertextVersion } from "../../../src/kms/vault/ciphertext.ts";
import { withRetiredKeys } from "../../../src/kms/vault/retired-keys.ts";
import type { TokenEvent } from "../../../src/kms/vault/token.ts";
import type { VaultOptions } from "../../../src/kms/vault/options.ts";
import { VaultKms } from "../../../src/kms/vault/vault-kms.ts";
import { failure } from "../../s3/failure.ts";
import { TestAuthority } from "./certificates.ts";
import { EVERYTHING } from "./policies.ts";
import { checked } from "./steps.ts";
import { describeTls } from "./tls-suite.ts";
import type { MakeVault, VaultUnderTest } from "./vault-under-test.ts";

const KEY = "my-minio-key";
const CONTEXT = { bucket: "bucket/some/object" };
const bytes = (secret: Secret) => Buffer.from(secret.reveal());

/** Everything that we need of a Vault and that a Vault does to us, shown with whichever one `make` gives. */
export function describeVault(name: string, make: (authority: TestAuthority) => MakeVault): void {
  describe(name, () => {
    let authority: TestAuthority;
    const open: { close(): Promise<void> }[] = [];
    const events: TokenEvent[] = [];
    beforeAll(() => {
      authority = new TestAuthority();
    });
    afterAll(() => authority.remove());
    afterEach(async () => {
      for (const kms of open.splice(0)) await kms.close();
      events.length = 0;
    });

    function kmsFor(vault: VaultUnderTest, options: Partial<VaultOptions> = {}): VaultKms {
      const { url, roleId, secretId } = vault;
      const kms = new VaultKms({
        endpoint: new URL(url),
        namespace: undefined,
        authorities: undefined,
        client: undefined,
        timeout: 5000,
        transitMount: "transit",
        keyName: KEY,
        ...options,
        appRole: {
          mount: "approle",
          roleId: Secret.fromText(roleId),
          secretId: Secret.fromText(secretId),
          ...options.appRole,
        },
      }, (event) => events.push(event));
      open.push(kms);
      return kms;
    }

    describe("set up as in the guide", () => {
      let vault: VaultUnderTest;
      beforeAll(async () => {
        vault = await make(authority)();
        await vault.addRing(KEY);
        await vault.addRing("derived-key", true);
        await vault.addRing("other-key");
      });
      afterAll(() => vault.remove());
      beforeEach(() => vault.allow(["transit/*", ...EVERYTHING]));

      test("every step of the check goes well, with the rights of the guide's policy alone", async () => {
        await vault.allow([`transit/datakey/plaintext/${KEY}`, `transit/decrypt/${KEY}`]);
        expect(await checked(kmsFor(vault))).toEqual({
          passed: [
            `reach ${vault.url}`,
            "find Vault unsealed",
            "log in at auth/approle",
            `make a data key at transit/datakey/plaintext/${KEY}`,
            `open it again at transit/decrypt/${KEY}`,
          ],
          failed: undefined,
          fault: undefined,
        });
      });

      test("a data key is sealed as Vault seals it, and opens again", async () => {
        const kms = kmsFor(vault);
        const one = await kms.generateDataKey(CONTEXT);
        const two = await kms.generateDataKey(CONTEXT);
        expect([one.keyId, one.plaintext.length]).toEqual([KEY, 32]);
        expect(bytes(one.plaintext).equals(bytes(two.plaintext))).toBe(false);
        expect(Buffer.from(one.sealed).toString()).toMatch(/^vault:v1:[A-Za-z0-9+/]{80}$/);
        expect(bytes(await kms.openDataKey(KEY, one.sealed, CONTEXT))).toEqual(bytes(one.plaintext));
        expect(await kms.status()).toEqual({ kind: "vault", keyId: KEY, online: true });
      });

      test("a derived ring binds the data key to its context", async () => {
        const kms = kmsFor(vault, { keyName: "derived-key" });
        const context = { bucket: 'bucket/with "quotes" and \\, \u{1f600} and <&>' };
        const { plaintext, sealed } = await kms.generateDataKey(context);
        expect(bytes(await kms.openDataKey("derived-key", sealed, context))).toEqual(bytes(plaintext));
        const fault = await failure(() => kms.openDataKey("derived-key", sealed, CONTEXT));
        expect([fault.code, String(fault.cause)]).toEqual([
          "InternalError",
          "VaultFault: transit/decrypt/derived-key: Vault answered 400: invalid ciphertext: unable to decrypt",
        ]);
      });

      test("a damaged data key is refused, and Vault is not taken to be down for it", async () => {
        const kms = kmsFor(vault);
        const { plaintext, sealed } = await kms.generateDataKey(CONTEXT);
        for (
          const text of ["", "vault:v1:AAAA", "vault:v9:AAAA", Buffer.from(sealed).toString().slice(0, -8)]
        ) {
          for (let i = 0; i < 3; i++) {
            const fault = await failure(() => kms.openDataKey(KEY, Buffer.from(text), CONTEXT));
            expect([text, fault.code]).toEqual([text, "InternalError"]);
          }
        }
        expect(bytes(await kms.openDataKey(KEY, sealed, CONTEXT))).toEqual(bytes(plaintext));
      });

      test.each(["../../../sys/seal", "..", "a/b", "", "k?x=1", "k%2f"])(
        "the key id %j of an object's metadata leads nowhere",
        async (keyId) => {
          const kms = kmsFor(vault);
          const { sealed } = await kms.generateDataKey(CONTEXT);
          const fault = await failure(() => kms.openDataKey(keyId, sealed, CONTEXT));
          expect([fault.code, String(fault.cause)]).toEqual([
            "InternalError",
            `VaultFault: ${JSON.stringify(keyId)} cannot be the name of a key ring in Vault`,
          ]);
        },
      );

      test("a missing key is told by the check, with what to do", async () => {
        const { failed, fault } = await checked(kmsFor(vault, { keyName: "no-such-key" }));
        expect(failed).toBe("make a data key at transit/datakey/plaintext/no-such-key");
        expect(fault?.reason).toContain("encryption key not found");
        expect(fault?.hint).toContain("vault write -f transit/keys/no-such-key");
      });

      test.each([["datakey/plaintext", "make a data key"], ["decrypt", "open it again"]])(
        "a policy without %s is told by the check, with the line that is missing",
        async (action, step) => {
          const all = [`transit/datakey/plaintext/${KEY}`, `transit/decrypt/${KEY}`];
          const missing = `transit/${action}/${KEY}`;
          await vault.allow(all.filter((path) => path !== missing));
          const { failed, fault } = await checked(kmsFor(vault));
          expect(failed).toBe(`${step} at ${missing}`);
          expect(fault?.reason).toContain("permission denied");
          expect(fault?.hint).toContain(`path "${missing}" { capabilities = ["update"] }`);
        },
      );

      test("a policy that says no answers 503, and a policy that is mended serves without a restart", async () => {
        const kms = kmsFor(vault);
        const { sealed } = await kms.generateDataKey(CONTEXT);
        await vault.allow([`transit/decrypt/${KEY}`]);
        for (let i = 0; i < 3; i++) {
          const fault = await failure(() => kms.generateDataKey(CONTEXT));
          expect([fault.code, fault.headers["Retry-After"]]).toEqual(["ServiceUnavailable", "5"]);
        }
        await kms.openDataKey(KEY, sealed, CONTEXT);
        await vault.allow([`transit/datakey/plaintext/${KEY}`, `transit/decrypt/${KEY}`]);
        await kms.generateDataKey(CONTEXT);
      });

      test.each([["role id", "roleId"], ["secret id", "secretId"]])(
        "a wrong %s is told by the check as a log-in that failed",
        async (_what, member) => {
          const { roleId, secretId } = vault;
          const ids = { roleId, secretId, [member]: "77aac607-6fda-6739-ba67-6d668a9a2cc0" };
          const appRole = {
            mount: "approle",
            roleId: Secret.fromText(ids.roleId),
            secretId: Secret.fromText(ids.secretId),
          };
          const { passed, failed, fault } = await checked(kmsFor(vault, { appRole }));
          expect([passed.length, failed]).toEqual([2, "log in at auth/approle"]);
          expect(fault?.reason).toMatch(/invalid (role ID|secret id|role or secret ID)/i);
          expect(fault?.hint).toContain("MINIO_SSE_VAULT_APPROLE_SECRET");
          expect(JSON.stringify(fault)).not.toContain(secretId);
        },
      );

      test("an AppRole that is mounted elsewhere is told as a log-in that failed", async () => {
        const { roleId, secretId } = vault;
        const appRole = {
          mount: "elsewhere",
          roleId: Secret.fromText(roleId),
          secretId: Secret.fromText(secretId),
        };
        const { failed, fault } = await checked(kmsFor(vault, { appRole }));
        expect(failed).toBe("log in at auth/elsewhere");
        expect(fault?.hint).toContain("vault auth enable approle");
      });

      test("a transit engine that is mounted elsewhere is told with the path to mount it at", async () => {
        const { failed, fault } = await checked(kmsFor(vault, { transitMount: "elsewhere" }));
        expect(failed).toBe(`make a data key at elsewhere/datakey/plaintext/${KEY}`);
        expect(fault?.hint).toContain("vault secrets enable -path=elsewhere transit");
      });

      test("a revoked token is replaced while the request waits", async () => {
        const kms = kmsFor(vault);
        const { plaintext, sealed } = await kms.generateDataKey(CONTEXT);
        for (let i = 0; i < 2; i++) {
          await vault.revokeTokens();
          const opened = await Promise.all(
            Array.from({ length: 10 }, () => kms.openDataKey(KEY, sealed, CONTEXT)),
          );
          expect(opened.every((key) => bytes(key).equals(bytes(plaintext)))).toBe(true);
        }
        expect(events).toEqual([]);
      });

      test("a key that was rotated seals anew what it sealed before, and only that", async () => {
        const kms = kmsFor(vault, { keyName: "other-key" });
        const { plaintext, sealed } = await kms.generateDataKey(CONTEXT);
        expect(await kms.rewrapDataKey("other-key", sealed, CONTEXT)).toBeUndefined();
        await vault.rotate("other-key");
        // Another one, since a version counts as the latest for a second.
        const later = kmsFor(vault, { keyName: "other-key" });
        const renewed = await later.rewrapDataKey("other-key", sealed, CONTEXT);
        expect(renewed?.keyId).toBe("other-key");
        const anew = renewed?.sealed ?? new Uint8Array();
        expect(ciphertextVersion(anew)).toBe(2);
        expect(bytes(await later.openDataKey("other-key", anew, CONTEXT))).toEqual(bytes(plaintext));
        expect(bytes(await later.openDataKey("other-key", sealed, CONTEXT))).toEqual(bytes(plaintext));
        expect(await later.rewrapDataKey("other-key", anew, CONTEXT)).toBeUndefined();
      });

      test("a data key moves from one ring to another", async () => {
        const { plaintext, sealed } = await kmsFor(vault, { keyName: "derived-key" }).generateDataKey(
          CONTEXT,
        );
        const kms = kmsFor(vault);
        const moved = await kms.rewrapDataKey("derived-key", sealed, CONTEXT);
        expect(moved?.keyId).toBe(KEY);
        const anew = moved?.sealed ?? new Uint8Array();
        expect(bytes(await kms.openDataKey(KEY, anew, CONTEXT))).toEqual(bytes(plaintext));
      });

      test("a data key of a retired master key opens, and moves to Vault", async () => {
        const masterKey = { keyId: "old one", key: new Secret(randomBytes(32)) };
        const { plaintext, sealed } = await masterKeyKms(masterKey).generateDataKey(CONTEXT);
        const kms = withRetiredKeys(kmsFor(vault), [masterKey]);
        expect(bytes(await kms.openDataKey("old one", sealed, CONTEXT))).toEqual(bytes(plaintext));
        const moved = await kms.rewrapDataKey("old one", sealed, CONTEXT);
        expect(moved?.keyId).toBe(KEY);
        const anew = moved?.sealed ?? new Uint8Array();
        expect(ciphertextVersion(anew)).toBe(1);
        expect(bytes(await kms.openDataKey(KEY, anew, CONTEXT))).toEqual(bytes(plaintext));
        const stranger = await masterKeyKms({ keyId: "x", key: new Secret(randomBytes(32)) })
          .generateDataKey(CONTEXT);
        const fault = await failure(() => kms.openDataKey("x", stranger.sealed, CONTEXT));
        expect(fault.code).toBe("InternalError");
      });
    });

    describe("that does not keep still", () => {
      let vault: VaultUnderTest;
      beforeEach(async () => {
        vault = await make(authority)();
        await vault.addRing(KEY);
      });
      afterEach(() => vault.remove());

      test("that is sealed answers 503, and serves again once it is unsealed", async () => {
        const kms = kmsFor(vault);
        const { plaintext, sealed } = await kms.generateDataKey(CONTEXT);
        await vault.seal();
        const fault = await failure(() => kms.openDataKey(KEY, sealed, CONTEXT));
        expect([fault.code, fault.headers["Retry-After"]]).toEqual(["ServiceUnavailable", "5"]);
        expect(String(fault.cause)).toContain("Vault is sealed");
        const { failed, fault: step } = await checked(kms);
        expect([failed, step?.reason]).toEqual(["find Vault unsealed", "Vault is sealed"]);
        expect(step?.hint).toContain("vault operator unseal");
        await vault.unseal();
        expect(bytes(await kms.openDataKey(KEY, sealed, CONTEXT))).toEqual(bytes(plaintext));
      });

      test("that was stopped answers 503, and serves again once it is back", async () => {
        const kms = kmsFor(vault);
        const { plaintext, sealed } = await kms.generateDataKey(CONTEXT);
        await vault.stop();
        expect((await failure(() => kms.openDataKey(KEY, sealed, CONTEXT))).code).toBe("ServiceUnavailable");
        const { failed, fault } = await checked(kms);
        expect(failed).toBe(`reach ${vault.url}`);
        expect(fault?.hint).toContain("MINIO_SSE_VAULT_ENDPOINT");
        await vault.start();
        expect(bytes(await kms.openDataKey(KEY, sealed, CONTEXT))).toEqual(bytes(plaintext));
      });

      test("whose secret id was withdrawn answers 503 when the token ends, and the log hears of it", async () => {
        const kms = kmsFor(vault);
        await kms.generateDataKey(CONTEXT);
        await vault.withdrawSecretId();
        await kms.generateDataKey(CONTEXT);
        await vault.revokeTokens();
        for (let i = 0; i < 3; i++) {
          expect((await failure(() => kms.generateDataKey(CONTEXT))).code).toBe("ServiceUnavailable");
        }
        expect(events).toHaveLength(1);
        expect(events[0]).toMatchObject({ kind: "lost", fault: { kind: "login" } });
      });

      test.each([
        ["renewable tokens", { period: 1 }],
        ["tokens that cannot be renewed", { period: 1, renewable: false }],
        ["tokens with an end", { period: 1, maxTtl: 2 }],
      ])("with %s of one second serves without a gap", async (_what, tokens) => {
        await vault.tokens(tokens);
        const kms = kmsFor(vault);
        const { sealed } = await kms.generateDataKey(CONTEXT);
        const end = performance.now() + 3500;
        while (performance.now() < end) {
          await kms.openDataKey(KEY, sealed, CONTEXT);
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        expect(events).toEqual([]);
      });
    });

    test("that was never initialised says so", async () => {
      const vault = await make(authority)({ uninitialised: true });
      try {
        const { passed, failed, fault } = await checked(kmsFor(vault));
        expect([passed, failed]).toEqual([[`reach ${vault.url}`], "find Vault unsealed"]);
        expect(fault?.reason).toBe("Vault is not initialised");
        expect(fault?.hint).toContain("vault operator init");
      } finally {
        await vault.remove();
      }
    });

    describeTls({ authority: () => authority, make, kmsFor });
  });
}
