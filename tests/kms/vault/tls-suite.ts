import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { Secret } from "../../../src/crypto/secret.ts";
import type { VaultOptions } from "../../../src/kms/vault/options.ts";
import type { VaultKms } from "../../../src/kms/vault/vault-kms.ts";
import { TestAuthority } from "./certificates.ts";
import { checked } from "./steps.ts";
import type { MakeVault, VaultUnderTest } from "./vault-under-test.ts";

const KEY = "my-minio-key";
const CONTEXT = { bucket: "bucket/some/object" };
const bytes = (secret: Secret) => Buffer.from(secret.reveal());

/** How the suite makes what it tests. */
interface Means {
  /** There once the tests run. */
  readonly authority: () => TestAuthority;
  readonly make: (authority: TestAuthority) => MakeVault;
  readonly kmsFor: (vault: VaultUnderTest, options?: Partial<VaultOptions>) => VaultKms;
}

/** Whom a Vault over TLS is believed by, and whom it believes. */
export function describeTls({ authority: whose, make, kmsFor }: Means): void {
  describe("over TLS", () => {
    let vault: VaultUnderTest;
    let mutual: VaultUnderTest;
    let strangers: TestAuthority;
    let authority: TestAuthority;
    beforeAll(async () => {
      authority = whose();
      strangers = new TestAuthority();
      vault = await make(authority)({ tls: { server: authority.server() } });
      mutual = await make(authority)({
        tls: { server: authority.server(), clientAuthority: authority.cert },
      });
      for (const { addRing } of [vault, mutual].map((v) => ({ addRing: v.addRing.bind(v) }))) {
        await addRing(KEY);
      }
    });
    afterAll(async () => {
      await vault.remove();
      await mutual.remove();
      strangers.remove();
    });

    const certificateOf = (from: TestAuthority) => {
      const { cert, key } = from.client();
      return { cert, key: Secret.fromText(key) };
    };

    test("is believed by the authority that is named", async () => {
      const authorities = [strangers.cert, authority.cert];
      expect((await checked(kmsFor(vault, { authorities }))).failed).toBeUndefined();
    });

    test.each([["the system's", undefined], ["strangers'", "strangers"]])(
      "is not believed by %s authorities",
      async (_whose, which) => {
        const authorities = which === undefined ? undefined : [strangers.cert];
        const { failed, fault } = await checked(kmsFor(vault, { authorities }));
        expect(failed).toBe(`reach ${vault.url}`);
        expect(fault?.hint).toContain("MINIO_SSE_VAULT_CAPATH");
      },
    );

    test("is not believed under another name", async () => {
      const endpoint = new URL(vault.url.replace("127.0.0.1", "localhost"));
      const { failed, fault } = await checked(kmsFor(vault, { endpoint, authorities: [authority.cert] }));
      expect(failed).toBe(`reach ${endpoint.origin}`);
      expect(fault?.hint).toContain("the host name of the certificate");
    });

    test("is told when it is spoken to in plain HTTP", async () => {
      const endpoint = new URL(vault.url.replace("https:", "http:"));
      expect((await checked(kmsFor(vault, { endpoint }))).failed).toBe(`reach ${endpoint.origin}`);
    });

    test("is shown our certificate", async () => {
      const kms = kmsFor(mutual, { authorities: [authority.cert], client: certificateOf(authority) });
      expect((await checked(kms)).failed).toBeUndefined();
      const { plaintext, sealed } = await kms.generateDataKey(CONTEXT);
      expect(bytes(await kms.openDataKey(KEY, sealed, CONTEXT))).toEqual(bytes(plaintext));
    });

    test("does not speak with us when we show none, or a stranger's", async () => {
      for (const client of [undefined, certificateOf(strangers)]) {
        const kms = kmsFor(mutual, { authorities: [authority.cert], client });
        const { failed, fault } = await checked(kms);
        expect(failed).toBe(`reach ${mutual.url}`);
        expect(fault?.hint).toContain("MINIO_SSE_VAULT_CLIENT_CERT");
      }
    });
  });
}
