import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { TestAuthority } from "../kms/vault/certificates.ts";
import { KEY } from "../kms/vault/double-kms.ts";
import { VaultDouble } from "../kms/vault/vault-double.ts";
import { vaultEnv } from "../kms/vault/vault-env.ts";
import { runHere } from "./in-process.ts";
import { installedRuntimes } from "../running-server.ts";
import { newPlace, run, start } from "./program.ts";

const STATUS = ["kms", "status"];
const HEX = "5e".repeat(32);

describe("kms status with Vault", () => {
  let double: VaultDouble;
  beforeEach(async () => {
    double = await new VaultDouble().listen();
    double.addRing(KEY);
  });
  afterEach(() => double.stop());

  test("lists the steps of a start, all of which went well, and exits with 0", async () => {
    expect(await runHere(STATUS, vaultEnv(double))).toEqual({
      code: 0,
      out: [
        `Vault ${double.url}, key "${KEY}"`,
        `  ok      reach ${double.url}`,
        "  ok      find Vault unsealed",
        "  ok      log in at auth/approle",
        `  ok      make a data key at transit/datakey/plaintext/${KEY}`,
        `  ok      open it again at transit/decrypt/${KEY}`,
        "",
      ].join("\n"),
    });
  });

  test("stops at the step that fails, with what Vault said and what to do, and exits with 1", async () => {
    double.secretId = "another";
    const env = vaultEnv(double);
    double.secretId = "withdrawn";
    const { code, out } = await runHere(STATUS, env);
    expect([code, out.split("\n").slice(1)]).toEqual([1, [
      `  ok      reach ${double.url}`,
      "  ok      find Vault unsealed",
      "  failed  log in at auth/approle: auth/approle/login: Vault answered 400: invalid secret id",
      expect.stringMatching(/^ {10}> Check MINIO_SSE_VAULT_APPROLE_ID, MINIO_SSE_VAULT_APPROLE_SECRET/),
      "",
    ]]);
    expect(out).not.toContain("another");
  });

  test("says once where nobody answers", async () => {
    const env = { ...vaultEnv(double), MINIO_SSE_VAULT_ENDPOINT: "http://127.0.0.1:1" };
    const { code, out } = await runHere(STATUS, env);
    expect([code, out.split("http://127.0.0.1:1").length - 1]).toEqual([1, 2]);
    expect(out).toMatch(
      /\n {2}failed {2}reach http:\/\/127\.0\.0\.1:1: [^\n]*(ECONNREFUSED|refused|connect)/i,
    );
  });

  test("--json prints the same as one object", async () => {
    const well = await runHere([...STATUS, "--json"], vaultEnv(double));
    expect(well.code).toBe(0);
    expect(JSON.parse(well.out)).toMatchObject({ kms: `Vault ${double.url}, key "${KEY}"`, online: true });
    expect(JSON.parse(well.out).steps.map((step: { ok: boolean }) => step.ok)).toEqual(Array(5).fill(true));
    double.state = "sealed";
    const sealed = await runHere([...STATUS, "--json"], vaultEnv(double));
    expect(sealed.code).toBe(1);
    expect(JSON.parse(sealed.out)).toMatchObject({
      online: false,
      steps: [
        { name: `reach ${double.url}`, ok: true },
        {
          name: "find Vault unsealed",
          ok: false,
          reason: "Vault is sealed",
          hint: 'Unseal it with "vault operator unseal".',
        },
      ],
    });
  });

  test("a message that would steer a terminal is shown, not obeyed", async () => {
    double.trouble = "500";
    double.says = "\u001b[2J";
    expect((await runHere(STATUS, vaultEnv(double))).out).not.toContain("\u001b");
  });
});

test("kms status with a master key makes a data key and opens it", async () => {
  expect(await runHere(STATUS, { MINIO_SSE_MASTER_KEY: `my-key:${HEX}` })).toEqual({
    code: 0,
    out:
      'master key "my-key"\n  ok      make a data key under the master key "my-key"\n  ok      open it again\n',
  });
});

test("kms status is in colour for a person", async () => {
  const { out } = await runHere(STATUS, { MINIO_SSE_MASTER_KEY: `my-key:${HEX}` }, true);
  expect(out).toContain("\u001b[32mok\u001b[0m      open it again\n");
});

test("kms status without a KMS, and with settings that are wrong, exits with 1 and says why", async () => {
  expect(await runHere(STATUS)).toEqual({
    code: 1,
    out: "ERROR No KMS is configured.\n      > Set MINIO_SSE_VAULT_ENDPOINT, or MINIO_SSE_MASTER_KEY.\n",
  });
  const { code, out } = await runHere(STATUS, { MINIO_SSE_VAULT_ENDPOINT: "vault:8200" });
  expect([code, out]).toEqual([1, expect.stringContaining("MINIO_SSE_VAULT_ENDPOINT must be a URL")]);
});

test.each([[["kms", "status", "now"]], [["kms", "status", "--jso"]]])("%j makes no sense", async (words) => {
  const { code, out } = await runHere(words);
  expect([code, out]).toEqual([1, expect.stringContaining('Incorrect usage of "minio-ts kms"')]);
});

test("kms status ends as a process, too, although it keeps a token alive", async () => {
  const place = newPlace();
  const double = await new VaultDouble().listen();
  double.addRing(KEY);
  const { code, out, err } = await run(place, STATUS, vaultEnv(double));
  await double.stop();
  place.remove();
  expect([code, out.match(/ {2}ok/g)?.length, err]).toEqual([0, 5, ""]);
});

describe("kms status with a Vault behind mutual TLS, in a namespace, with mounts of its own", () => {
  let authority: TestAuthority;
  let double: VaultDouble;
  let env: Readonly<Record<string, string>>;
  beforeAll(async () => {
    authority = new TestAuthority();
    double = new VaultDouble({ approle: "team/roles", transit: "team/keys" });
    double.namespace = "ns1";
    double.addRing(KEY);
    const { cert, key } = authority.server();
    await double.listen({ cert, key, clientAuthority: authority.cert });
    const client = authority.client();
    env = {
      ...vaultEnv(double),
      MINIO_SSE_VAULT_CAPATH: authority.certPath,
      MINIO_SSE_VAULT_CLIENT_CERT: client.certPath,
      MINIO_SSE_VAULT_CLIENT_KEY: client.keyPath,
      MINIO_SSE_VAULT_NAMESPACE: "ns1",
      MINIO_SSE_VAULT_APPROLE_PATH: "team/roles",
      MINIO_SSE_VAULT_TRANSIT_PATH: "team/keys",
    };
  });
  afterAll(async () => {
    await double.stop();
    authority.remove();
  });

  test.each(installedRuntimes())("works when everything is set, on %s", async (runtime) => {
    const place = newPlace();
    const { code, out } = await start(place, STATUS, env, runtime).ended;
    place.remove();
    expect([code, out.match(/ {2}ok {6}/g)?.length]).toEqual([0, 5]);
  }, 20_000);

  test.each([
    ["MINIO_SSE_VAULT_CAPATH", "reach ", "MINIO_SSE_VAULT_CAPATH"],
    ["MINIO_SSE_VAULT_CLIENT_CERT,MINIO_SSE_VAULT_CLIENT_KEY", "reach ", "MINIO_SSE_VAULT_CLIENT_CERT"],
    ["MINIO_SSE_VAULT_NAMESPACE", "log in ", "MINIO_SSE_VAULT_NAMESPACE"],
    ["MINIO_SSE_VAULT_APPROLE_PATH", "log in ", "vault auth enable approle"],
    ["MINIO_SSE_VAULT_TRANSIT_PATH", "make a data key ", "MINIO_SSE_VAULT_TRANSIT_PATH"],
  ])("without %s fails at the step %j and names what is missing", async (missing, step, hint) => {
    const left = Object.fromEntries(
      Object.entries(env).filter(([name]) => !missing.split(",").includes(name)),
    );
    const { code, out } = await runHere(STATUS, left);
    expect([code, out]).toEqual([1, expect.stringContaining(`  failed  ${step}`)]);
    expect(out).toContain(hint);
  });
});
