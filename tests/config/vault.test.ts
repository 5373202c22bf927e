import { afterAll, describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { ConfigError, loadConfig } from "../../src/config/config.ts";
import type { Environment } from "../../src/config/read-settings.ts";
import type { VaultConfig } from "../../src/config/vault.ts";
import { makeCertificate } from "../running-server.ts";

const FILES: Readonly<Record<string, string>> = {
  "/run/secrets/role": "role-from-file\n",
  "/etc/secret-id": "secret-from-file\n",
};

function readFile(path: string): string {
  const text = FILES[path];
  if (text === undefined) throw Object.assign(new Error("ENOENT"), { code: "ENOENT" });
  return text;
}

function vaultOf(env: Environment): VaultConfig | undefined {
  return loadConfig(env, readFile).encryption.vault;
}

function faultsOf(env: Environment): readonly string[] {
  try {
    loadConfig(env, readFile);
  } catch (thrown) {
    if (thrown instanceof ConfigError) return thrown.faults;
    throw thrown;
  }
  return [];
}

const text = (secret: { reveal(): Uint8Array } | undefined) => Buffer.from(secret?.reveal() ?? []).toString();

/** The variables of MinIO's guide. */
const GUIDE: Environment = {
  MINIO_SSE_VAULT_APPROLE_ID: "my-role-id",
  MINIO_SSE_VAULT_APPROLE_SECRET: "my-secret-id",
  MINIO_SSE_VAULT_ENDPOINT: "http://127.0.0.1:8200",
  MINIO_SSE_VAULT_KEY_NAME: "my-minio-key",
};
const MASTER_KEY = `my-key:${"ab".repeat(32)}`;

const scratch = mkdtempSync(join(tmpdir(), "minio-ts-vault-config-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** A directory with `public.crt` and `private.key`. */
function certificate(name: string): string {
  const directory = join(scratch, name);
  mkdirSync(directory);
  makeCertificate(directory);
  return directory;
}

test("nothing about Vault means no Vault", () => {
  expect(vaultOf({})).toBeUndefined();
  expect(vaultOf({ MINIO_SSE_VAULT_KEY_VERSION: "0" })).toBeUndefined();
  expect(vaultOf({ MINIO_SSE_VAULT_ENDPOINT: "", MINIO_KMS_VAULT_NAMESPACE: "" })).toBeUndefined();
});

test("the guide's variables are all that is needed", () => {
  const vault = vaultOf(GUIDE);
  expect(vault).toMatchObject({
    endpoint: new URL("http://127.0.0.1:8200"),
    keyName: "my-minio-key",
    appRoleMount: "approle",
    transitMount: "transit",
    timeout: 10_000,
  });
  expect([text(vault?.roleId), text(vault?.secretId)]).toEqual(["my-role-id", "my-secret-id"]);
  expect([vault?.namespace, vault?.authorities, vault?.client, vault?.cache]).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

test("the newer names mean the same", () => {
  const renamed = Object.entries(GUIDE).map(([name, value]) => [name.replace("_SSE_", "_KMS_"), value]);
  expect(vaultOf(Object.fromEntries(renamed))).toEqual(vaultOf(GUIDE));
  const both = { ...GUIDE, MINIO_KMS_VAULT_KEY_NAME: "another" };
  expect(faultsOf(both)).toEqual([
    "MINIO_SSE_VAULT_KEY_NAME and MINIO_KMS_VAULT_KEY_NAME differ. Set only one of them.",
  ]);
});

test("role id and secret id come from files, by docker secret or path", () => {
  const vault = vaultOf({
    ...GUIDE,
    MINIO_SSE_VAULT_APPROLE_ID: "",
    MINIO_SSE_VAULT_APPROLE_ID_FILE: "role",
    MINIO_SSE_VAULT_APPROLE_SECRET: undefined,
    MINIO_KMS_VAULT_APPROLE_SECRET_FILE: "/etc/secret-id",
  });
  expect([text(vault?.roleId), text(vault?.secretId)]).toEqual(["role-from-file", "secret-from-file"]);
});

test("a file that is missing is told once, not again as a missing setting", () => {
  expect(
    faultsOf({
      ...GUIDE,
      MINIO_SSE_VAULT_APPROLE_SECRET: "",
      MINIO_SSE_VAULT_APPROLE_SECRET_FILE: "/none",
    }),
  ).toEqual(["MINIO_SSE_VAULT_APPROLE_SECRET_FILE names the file /none, which does not exist."]);
});

const MISSING = {
  endpoint: "crypto: missing hashicorp vault endpoint. Set MINIO_SSE_VAULT_ENDPOINT.",
  role: "crypto: missing hashicorp vault AppRole ID. Set MINIO_SSE_VAULT_APPROLE_ID.",
  secret: "crypto: missing hashicorp vault AppSecret ID. Set MINIO_SSE_VAULT_APPROLE_SECRET.",
  key: "crypto: missing hashicorp vault key name. Set MINIO_SSE_VAULT_KEY_NAME.",
};

test.each([
  ["MINIO_SSE_VAULT_AUTH_TYPE", "approle"],
  ["MINIO_SSE_VAULT_KEY_VERSION", "1"],
  ["MINIO_SSE_VAULT_NAMESPACE", "ns1"],
  ["MINIO_KMS_VAULT_TIMEOUT", "5s"],
])("%s alone asks for a whole Vault, and all that is missing is told at once", (name, value) => {
  expect(faultsOf({ [name]: value })).toEqual(Object.values(MISSING));
});

test.each([
  ["MINIO_SSE_VAULT_ENDPOINT", MISSING.endpoint],
  ["MINIO_SSE_VAULT_APPROLE_ID", MISSING.role],
  ["MINIO_SSE_VAULT_APPROLE_SECRET", MISSING.secret],
  ["MINIO_SSE_VAULT_KEY_NAME", MISSING.key],
])("without %s the server says so", (name, fault) => {
  expect(faultsOf({ ...GUIDE, [name]: "" })).toEqual([fault]);
});

test("faults of Vault and of other settings are told together", () => {
  expect(faultsOf({
    MINIO_ROOT_USER: "ab",
    MINIO_ROOT_PASSWORD: "correct horse",
    MINIO_SSE_VAULT_ENDPOINT: "127.0.0.1:8200",
    MINIO_SSE_VAULT_KEY_VERSION: "-1",
  })).toEqual([
    "MINIO_ROOT_USER must have at least 3 characters.",
    "crypto: invalid hashicorp vault key version: The key version must not be negative. " +
    "Correct MINIO_SSE_VAULT_KEY_VERSION.",
    "MINIO_SSE_VAULT_ENDPOINT must be a URL such as https://vault.example.com:8200.",
    MISSING.role,
    MISSING.secret,
    MISSING.key,
  ]);
});

test("auto-encryption with a faulty Vault is not called an auto-encryption without KMS", () => {
  const faults = faultsOf({ ...GUIDE, MINIO_SSE_VAULT_KEY_NAME: "", MINIO_SSE_AUTO_ENCRYPTION: "on" });
  expect(faults).toEqual([MISSING.key]);
});

test("auto-encryption is content with Vault", () => {
  const { encryption } = loadConfig({ ...GUIDE, MINIO_SSE_AUTO_ENCRYPTION: "on" }, readFile);
  expect([encryption.autoEncryption, encryption.masterKey]).toEqual([true, undefined]);
});

describe("a master key beside Vault", () => {
  test("is ambiguous", () => {
    for (const name of ["MINIO_SSE_MASTER_KEY", "MINIO_KMS_MASTER_KEY"]) {
      expect(faultsOf({ ...GUIDE, [name]: MASTER_KEY })).toEqual([
        "Ambiguous KMS configuration: vault configuration and a master key are provided at the same time. " +
        `Keep one of them. To move on to Vault, give the key of ${name} as MINIO_SSE_MASTER_KEY_RETIRED.`,
      ]);
    }
  });

  test("may stand as a retired one", () => {
    const { encryption } = loadConfig({ ...GUIDE, MINIO_SSE_MASTER_KEY_RETIRED: MASTER_KEY }, readFile);
    expect(encryption.retired.map(({ keyId }) => keyId)).toEqual(["my-key"]);
    expect(encryption.vault?.keyName).toBe("my-minio-key");
  });
});

test.each(["approle", "AppRole", "APPROLE"])("the auth type may be written %s", (type) => {
  expect(vaultOf({ ...GUIDE, MINIO_SSE_VAULT_AUTH_TYPE: type })).toBeDefined();
});

test("another auth type is refused", () => {
  expect(faultsOf({ ...GUIDE, MINIO_SSE_VAULT_AUTH_TYPE: "token" })).toEqual([
    "crypto: invalid hashicorp vault authentication type: token is not supported. " +
    "Set MINIO_SSE_VAULT_AUTH_TYPE to approle, or not at all.",
  ]);
});

test.each(["0", "2", "+7"])("a key version of %s is taken", (version) => {
  expect(faultsOf({ ...GUIDE, MINIO_SSE_VAULT_KEY_VERSION: version })).toEqual([]);
});

test.each(["abc", "1.5", " ", "0x1"])(
  "a key version of %j is refused, also where nothing else speaks of Vault",
  (version) => {
    const fault = `Invalid ENV variable: Unable to parse MINIO_SSE_VAULT_KEY_VERSION value (\`${version}\`).`;
    expect(faultsOf({ MINIO_SSE_VAULT_KEY_VERSION: version })).toContain(fault);
    expect(faultsOf({ ...GUIDE, MINIO_SSE_VAULT_KEY_VERSION: version })).toEqual([fault]);
  },
);

test.each([
  ["https://vault.example.com", true],
  ["https://vault.example.com:8200/", true],
  ["http://[::1]:8200/behind/a/proxy", true],
  ["vault.example.com:8200", false],
  ["127.0.0.1:8200", false],
  ["ftp://vault.example.com", false],
  ["https://user:secret@vault.example.com", false],
  ["https://vault.example.com/?token=secret", false],
  ["https://", false],
])("the endpoint %s is a good one: %p", (endpoint, good) => {
  const faults = faultsOf({ ...GUIDE, MINIO_SSE_VAULT_ENDPOINT: endpoint });
  expect(faults).toEqual(
    good ? [] : ["MINIO_SSE_VAULT_ENDPOINT must be a URL such as https://vault.example.com:8200."],
  );
});

test.each([["transit", "transit"], ["/team/transit/", "team/transit"], ["a.b~c/d-e_f", "a.b~c/d-e_f"]])(
  "the mount %s is taken as %s",
  (path, mount) => {
    expect(vaultOf({ ...GUIDE, MINIO_SSE_VAULT_TRANSIT_PATH: path })?.transitMount).toBe(mount);
    expect(vaultOf({ ...GUIDE, MINIO_SSE_VAULT_APPROLE_PATH: path })?.appRoleMount).toBe(mount);
  },
);

test.each(["/", "a//b", "..", "a/../b", "./a", "a?b", "a%2fb", "a b", "a#b", "a\nb"])(
  "the mount %j is refused",
  (path) => {
    expect(faultsOf({ ...GUIDE, MINIO_SSE_VAULT_TRANSIT_PATH: path })).toEqual([
      'MINIO_SSE_VAULT_TRANSIT_PATH must be a path such as "team/transit".',
    ]);
  },
);

test.each(["a/b", "..", ".", "-a", "a b", "a%2e"])("the key name %j is refused", (name) => {
  expect(faultsOf({ ...GUIDE, MINIO_SSE_VAULT_KEY_NAME: name })).toEqual([
    "MINIO_SSE_VAULT_KEY_NAME must be letters, digits, '_', '-' and '.'.",
  ]);
});

test("the cache is on with an age, and bounded", () => {
  const cache = (env: Environment) => vaultOf({ ...GUIDE, ...env })?.cache;
  expect(cache({ MINIO_SSE_VAULT_CACHE_KEYS: "5" })).toBeUndefined();
  expect(cache({ MINIO_SSE_VAULT_CACHE_AGE: "5m" })).toEqual({ age: 300_000, entries: 10_000 });
  expect(cache({ MINIO_SSE_VAULT_CACHE_AGE: "1s", MINIO_SSE_VAULT_CACHE_KEYS: "5" })).toEqual({
    age: 1000,
    entries: 5,
  });
  for (const age of ["0s", "5", "-1m"]) {
    expect(faultsOf({ ...GUIDE, MINIO_SSE_VAULT_CACHE_AGE: age })).toEqual([
      "MINIO_SSE_VAULT_CACHE_AGE must be a time above 0 such as 500ms, 10s or 2m.",
    ]);
  }
  expect(faultsOf({ ...GUIDE, MINIO_SSE_VAULT_CACHE_KEYS: "0" })).toEqual([
    "MINIO_SSE_VAULT_CACHE_KEYS must be a number from 1 to 9999999.",
  ]);
});

test("no message and no printed configuration shows the secret id", () => {
  const config = loadConfig(GUIDE, readFile);
  expect(inspect(config, { depth: 10 }) + JSON.stringify(config)).not.toMatch(/my-secret-id|my-role-id/);
  const faults = faultsOf({ ...GUIDE, MINIO_SSE_VAULT_ENDPOINT: "x", MINIO_SSE_VAULT_TIMEOUT: "x" });
  expect(faults.join()).not.toMatch(/my-secret-id|my-role-id/);
});

describe("CAPATH", () => {
  const one = certificate("one");
  const two = certificate("two");
  const pem = (directory: string) => readFileSync(join(directory, "public.crt"), "utf8").trim();

  function tree(name: string): string {
    const directory = join(scratch, name);
    mkdirSync(join(directory, "below", "deeper"), { recursive: true });
    return directory;
  }

  const authorities = (path: string) => vaultOf({ ...GUIDE, MINIO_SSE_VAULT_CAPATH: path })?.authorities;

  test("may be a file, also with several certificates and text around them", () => {
    expect(authorities(join(one, "public.crt"))).toEqual([pem(one)]);
    const bundle = join(scratch, "bundle.pem");
    writeFileSync(bundle, `subject=one\n${pem(one)}\r\n\r\nsubject=two\n${pem(two)}\n`);
    expect(authorities(bundle)).toEqual([pem(one), pem(two)]);
  });

  test("is a directory that is walked to its bottom", () => {
    const directory = tree("walked");
    writeFileSync(join(directory, "a.pem"), pem(one));
    writeFileSync(join(directory, "below", "deeper", "no-extension"), pem(two));
    expect(authorities(directory)).toEqual([pem(one), pem(two)]);
  });

  test("may be a volume of Kubernetes, whose files are links into a directory that is itself linked", () => {
    const directory = join(scratch, "volume");
    mkdirSync(join(directory, "..2026_01_01"), { recursive: true });
    writeFileSync(join(directory, "..2026_01_01", "ca.crt"), pem(one));
    symlinkSync("..2026_01_01", join(directory, "..data"));
    symlinkSync("..data/ca.crt", join(directory, "ca.crt"));
    symlinkSync(".", join(directory, "circle"));
    expect(new Set(authorities(directory))).toEqual(new Set([pem(one)]));
  });

  test("holds certificates in every file, and at least one", () => {
    const directory = tree("mixed");
    const fault = (path: string) => faultsOf({ ...GUIDE, MINIO_SSE_VAULT_CAPATH: path });
    expect(fault(directory)).toEqual([
      `MINIO_SSE_VAULT_CAPATH names the directory ${directory}, which holds no certificate.`,
    ]);
    writeFileSync(join(directory, "a.pem"), pem(one));
    const readme = join(directory, "below", "readme.txt");
    writeFileSync(readme, "put certificates here");
    expect(fault(directory)).toEqual([
      `MINIO_SSE_VAULT_CAPATH names ${readme}, which is not a PEM file of certificates.`,
    ]);
    writeFileSync(readme, pem(one).replace(/\n[A-Za-z0-9]{9}/, "\nAAAAAAAAA"));
    expect(fault(directory)).toEqual([
      `MINIO_SSE_VAULT_CAPATH names ${readme}, in which a certificate is damaged.`,
    ]);
    expect(fault(join(scratch, "none"))).toEqual([
      `MINIO_SSE_VAULT_CAPATH names ${join(scratch, "none")}, which does not exist.`,
    ]);
    expect(fault(join(one, "private.key"))).toEqual([
      `MINIO_SSE_VAULT_CAPATH names ${join(one, "private.key")}, which is not a PEM file of certificates.`,
    ]);
  });
});

describe("the client certificate", () => {
  const one = certificate("client");
  const two = certificate("other-client");
  const with_ = (cert: string, key: string): Environment => ({
    ...GUIDE,
    MINIO_SSE_VAULT_CLIENT_CERT: cert,
    MINIO_SSE_VAULT_CLIENT_KEY: key,
  });

  test("is read with its key", () => {
    const client = vaultOf(with_(join(one, "public.crt"), join(one, "private.key")))?.client;
    expect(client?.cert).toBe(readFileSync(join(one, "public.crt"), "latin1"));
    expect(text(client?.key)).toBe(readFileSync(join(one, "private.key"), "latin1"));
  });

  test("needs its key, and that alone", () => {
    expect(faultsOf(with_(join(one, "public.crt"), ""))).toEqual([
      "MINIO_SSE_VAULT_CLIENT_CERT is set, but MINIO_SSE_VAULT_CLIENT_KEY is not. Set both or neither.",
    ]);
    expect(faultsOf(with_("", join(one, "private.key")))).toEqual([
      "MINIO_SSE_VAULT_CLIENT_KEY is set, but MINIO_SSE_VAULT_CLIENT_CERT is not. Set both or neither.",
    ]);
    expect(faultsOf(with_(join(one, "public.crt"), join(two, "private.key")))).toEqual([
      "MINIO_SSE_VAULT_CLIENT_CERT names a certificate that the key of MINIO_SSE_VAULT_CLIENT_KEY does not belong to.",
    ]);
    expect(faultsOf(with_(join(one, "public.crt"), join(two, "public.crt")))).toEqual([
      `MINIO_SSE_VAULT_CLIENT_KEY names ${
        join(two, "public.crt")
      }, which is not a PEM file of a private key.`,
    ]);
    expect(faultsOf(with_(join(one, "public.crt"), join(one, "none")))).toEqual([
      `MINIO_SSE_VAULT_CLIENT_KEY names ${join(one, "none")}, which does not exist.`,
    ]);
  });
});
