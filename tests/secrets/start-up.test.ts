import { afterEach, beforeEach, describe, expect, spyOn, test } from "bun:test";
import { Buffer } from "node:buffer";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { runHere } from "../cli/in-process.ts";
import { newPlace, type Place, run, start } from "../cli/program.ts";
import { MarkedSecrets } from "./marked.ts";

let place: Place;
beforeEach(() => {
  place = newPlace();
});
afterEach(() => place.remove());

type Env = Readonly<Record<string, string>>;
const words = (
  ...flags: string[]
) => ["server", "--address", "127.0.0.1:0", ...flags, join(place.home, "data")];
const file = (name: string, text: string) => {
  writeFileSync(join(place.home, name), text);
  return join(place.home, name);
};

/** Starts a server that does not start, in this process; what it printed. */
async function fails(env: Env, ...flags: string[]): Promise<string> {
  const errors = spyOn(process.stderr, "write");
  const { code, out } = await runHere(words(...flags), env);
  const printed = [out, ...errors.mock.calls.map(([text]) => String(text))].join("");
  errors.mockRestore();
  expect([code, printed]).toEqual([1, expect.stringMatching(/ERROR|FATAL/)]);
  return printed;
}

/** Starts a server that starts, as a process, and stops it; what it printed. */
async function starts(env: Env, ...flags: string[]): Promise<string> {
  const program = start(place, words(...flags), env);
  await program.printed(/https?:\/\/127\.0\.0\.1:\d+/);
  program.child.kill("SIGTERM");
  const { code, out, err } = await program.ended;
  expect(code).toBe(0);
  return out + err;
}

describe("a server that cannot start with its settings", () => {
  test("says why and shows no secret, in text and in JSON", async () => {
    const secrets = new MarkedSecrets();
    const [key, other] = [secrets.key("master key"), secrets.key("other key")];
    const password = secrets.password("root password");
    const hex = key.toString("hex");
    const base64 = key.toString("base64");
    const root = { MINIO_ROOT_USER: "someone", MINIO_ROOT_PASSWORD: password };
    const settings: readonly (readonly [Env, fault: string])[] = [
      [{ MINIO_SSE_MASTER_KEY: hex }, "MINIO_SSE_MASTER_KEY does not contain a ':'"],
      [{ MINIO_SSE_MASTER_KEY: `id:${hex}0` }, "MINIO_SSE_MASTER_KEY must have 64 hexadecimal digits"],
      [
        { MINIO_KMS_MASTER_KEY: `id:${hex.slice(1)}` },
        "MINIO_KMS_MASTER_KEY must have 64 hexadecimal digits",
      ],
      [{ MINIO_SSE_MASTER_KEY: `id:${base64}` }, "MINIO_SSE_MASTER_KEY must have 64 hexadecimal digits"],
      [{ MINIO_SSE_MASTER_KEY: `${hex}:id` }, "MINIO_SSE_MASTER_KEY must have 64 hexadecimal digits"],
      [{ MINIO_KMS_SECRET_KEY: `id:${hex}` }, "MINIO_KMS_SECRET_KEY must have 32 bytes in base64"],
      [{ MINIO_KMS_SECRET_KEY: base64 }, "MINIO_KMS_SECRET_KEY does not contain a ':'"],
      [
        {
          MINIO_SSE_MASTER_KEY: `id:${hex}`,
          MINIO_SSE_MASTER_KEY_RETIRED: `old:${other.toString("base64")}`,
        },
        "MINIO_SSE_MASTER_KEY_RETIRED must have 64 hexadecimal digits",
      ],
      [
        { MINIO_SSE_MASTER_KEY: `id:${hex}`, MINIO_KMS_MASTER_KEY: `id:${other.toString("hex")}` },
        "MINIO_SSE_MASTER_KEY and MINIO_KMS_MASTER_KEY differ",
      ],
      [
        { MINIO_SSE_MASTER_KEY: `id:${hex}`, MINIO_KMS_SECRET_KEY: `id:${other.toString("base64")}` },
        "MINIO_SSE_MASTER_KEY and MINIO_KMS_SECRET_KEY are both set and differ",
      ],
      [
        { MINIO_SSE_MASTER_KEY_FILE: file("bad", `id:${hex}zz\n`) },
        "MINIO_SSE_MASTER_KEY_FILE must have 64 hexadecimal digits",
      ],
      [{ MINIO_SSE_AUTO_ENCRYPTION: hex }, 'MINIO_SSE_AUTO_ENCRYPTION must be "on" or "off"'],
      [{ MINIO_SSE_CRYPTO: base64 }, 'MINIO_SSE_CRYPTO must be "webcrypto" or "native"'],
      [
        { MINIO_SSE_MASTER_KEY: `id:${hex}`, MINIO_REGION: `${password}_` },
        "MINIO_REGION must be letters, digits",
      ],
      [
        { MINIO_SSE_MASTER_KEY: `id:${hex}`, MINIO_SHUTDOWN_TIMEOUT: password },
        "MINIO_SHUTDOWN_TIMEOUT must be",
      ],
    ];
    for (const [env, fault] of settings) {
      for (const flags of [[], ["--json"]]) {
        const printed = await fails({ ...root, ...env }, ...flags);
        expect(printed.replaceAll('\\"', '"')).toContain(fault);
        expect([fault, secrets.leaked(printed)]).toEqual([fault, []]);
      }
    }
  });

  test("wants a secret that is named to be there, readable and not empty", async () => {
    mkdirSync(join(place.home, "folder"));
    const settings: readonly (readonly [value: string, fault: string])[] = [
      ["no_such_secret", "names the file /run/secrets/no_such_secret, which does not exist."],
      ["/nowhere/key", "names the file /nowhere/key, which does not exist."],
      [join(place.home, "folder"), "which is a directory."],
      [file("empty", ""), "which is empty."],
      [file("line-ends", "\r\n\n"), "which is empty."],
    ];
    for (
      const name of ["MINIO_SSE_MASTER_KEY_FILE", "MINIO_KMS_MASTER_KEY_FILE", "MINIO_KMS_SECRET_KEY_FILE"]
    ) {
      for (const [value, fault] of settings) {
        const printed = await fails({ [name]: value });
        expect(printed).toContain(`${name} names the file`);
        expect(printed).toContain(fault);
      }
    }
    if (process.getuid?.() === 0) return;
    const secret = file("closed", "id:key");
    chmodSync(secret, 0);
    expect(await fails({ MINIO_SSE_MASTER_KEY_FILE: secret })).toContain("the server's user may not read.");
  });

  test("shows no secret as a process either", async () => {
    const secrets = new MarkedSecrets();
    const hex = secrets.key("master key").toString("hex");
    const env = { MINIO_ROOT_PASSWORD: secrets.password("root password"), MINIO_ROOT_USER: "someone" };
    for (const flags of [[], ["--json"]]) {
      const { code, out, err } = await run(place, words(...flags), { ...env, MINIO_SSE_MASTER_KEY: hex });
      expect([code, out]).toEqual([
        1,
        expect.stringContaining("MINIO_SSE_MASTER_KEY does not contain a ':'"),
      ]);
      expect(secrets.leaked(out + err)).toEqual([]);
    }
  }, 30_000);

  test("refuses auto-encryption without a KMS, and storage of another KMS", async () => {
    const secrets = new MarkedSecrets();
    const [key, other] = [secrets.key("first key"), secrets.key("second key")];
    expect(await fails({ MINIO_SSE_AUTO_ENCRYPTION: "on" }))
      .toContain("auto-encryption is enabled but no valid KMS configuration is present");
    await starts({ MINIO_SSE_MASTER_KEY: `one:${key.toString("hex")}` });
    const printed = await fails({ MINIO_SSE_MASTER_KEY: `two:${other.toString("hex")}` });
    expect(printed).toContain("Unable to setup the KMS");
    expect(secrets.leaked(printed)).toEqual([]);
    const retired = { MINIO_SSE_MASTER_KEY_RETIRED: `one:${key.toString("hex")}` };
    expect(secrets.leaked(await starts({ MINIO_SSE_MASTER_KEY: `two:${other.toString("hex")}`, ...retired })))
      .toEqual([]);
    await starts({ MINIO_SSE_MASTER_KEY: `two:${other.toString("hex")}` });
  }, 60_000);
});

describe("a server that starts", () => {
  const WAYS: readonly (readonly [way: string, env: (key: Buffer) => Env])[] = [
    ["MINIO_SSE_MASTER_KEY", (key) => ({ MINIO_SSE_MASTER_KEY: `my-key:${key.toString("hex")}` })],
    ["its newer name", (key) => ({ MINIO_KMS_MASTER_KEY: `my-key:${key.toString("hex").toUpperCase()}` })],
    ["MINIO_KMS_SECRET_KEY", (key) => ({ MINIO_KMS_SECRET_KEY: `my-key:${key.toString("base64")}` })],
    ["a file", (key) => ({ MINIO_SSE_MASTER_KEY_FILE: file("hex", `my-key:${key.toString("hex")}\n`) })],
    [
      "a file with CRLF",
      (key) => ({ MINIO_KMS_MASTER_KEY_FILE: file("crlf", `my-key:${key.toString("hex")}\r\n`) }),
    ],
    [
      "a file in base64",
      (key) => ({ MINIO_KMS_SECRET_KEY_FILE: file("base64", `my-key:${key.toString("base64")}`) }),
    ],
    ["two ways at once", (key) => ({
      MINIO_SSE_MASTER_KEY: `my-key:${key.toString("hex")}`,
      MINIO_KMS_SECRET_KEY: `my-key:${key.toString("base64")}`,
    })],
  ];

  test.each(WAYS)("tells its key by id alone, configured by %s", async (_way, env) => {
    const secrets = new MarkedSecrets();
    const settings = {
      ...env(secrets.key("master key")),
      MINIO_ROOT_USER: "someone",
      MINIO_ROOT_PASSWORD_FILE: file("password", `${secrets.password("root password")}\n`),
      MINIO_SSE_AUTO_ENCRYPTION: "on",
    };
    for (const flags of [[], ["--json"]]) {
      const printed = await starts(settings, ...flags);
      expect(printed).toMatch(/my-key/);
      expect(secrets.leaked(printed)).toEqual([]);
    }
  }, 30_000);

  test("takes the line that generate-key prints", async () => {
    const generated = await run(place, ["kms", "generate-key", "fresh.key-1"]);
    expect([generated.code, generated.err]).toEqual([0, ""]);
    const [, id = "", hex = ""] = /^MINIO_SSE_MASTER_KEY=([^:]*):([0-9a-f]{64})\n$/.exec(generated.out) ?? [];
    expect(id).toBe("fresh.key-1");
    expect(new Set(hex).size).toBeGreaterThan(4);
    const printed = await starts({
      MINIO_SSE_MASTER_KEY: generated.out.trim().slice("MINIO_SSE_MASTER_KEY=".length),
    });
    expect(printed).toContain("fresh.key-1");
    expect(printed).not.toContain(hex);
    const again = await run(place, ["kms", "generate-key", "fresh.key-1"]);
    expect(again.out).not.toBe(generated.out);
  }, 30_000);

  test("makes no key for a name that a setting could not hold", async () => {
    for (const name of [[], [""], ["a:b"], ["a b"], ["a,b"], ["-a"], ["a\nb"], ["a", "b"], ["ключ"]]) {
      const { code, out } = await runHere(["kms", "generate-key", ...name]);
      expect([name, code, out.includes("MINIO_SSE_MASTER_KEY=")]).toEqual([name, 1, false]);
    }
    for (const words of [["kms"], ["kms", "generate"], ["kms", "generate-keys", "a"]]) {
      const { code, out } = await runHere(words);
      expect([code, out]).toEqual([1, expect.stringContaining('Incorrect usage of "minio-ts kms"')]);
    }
  });
});

const canUnshare = spawnSync("unshare", ["--mount", "true"]).status === 0;
if (!canUnshare) {
  console.warn("SKIPPED: mounts of its own are not allowed here; docker secrets run without them");
}

describe.skipIf(!canUnshare)("docker secrets under /run/secrets", () => {
  /** Runs a server that sees these secrets, until it has printed all that it has to say; that. */
  async function serverWith(secrets: Env, env: Env = {}): Promise<string> {
    const folder = join(place.home, "secrets");
    mkdirSync(folder, { recursive: true });
    for (const [name, text] of Object.entries(secrets)) writeFileSync(join(folder, name), text);
    const script = 'mount -t tmpfs none /run && mkdir /run/secrets && cp -r "$0"/. /run/secrets && exec "$@"';
    const under = ["unshare", "--mount", "sh", "-c", script, folder];
    const program = start(place, words(), env, "bun", under);
    await Promise.race([program.ended, program.printed("Auto-encryption").catch(() => undefined)]);
    program.child.kill("SIGTERM");
    const { out, err } = await program.ended;
    return out + err;
  }

  test("are found by their default names, and by the names that variables give", async () => {
    const secrets = new MarkedSecrets();
    const hex = secrets.key("master key").toString("hex");
    expect(await serverWith({ sse_master_key: `by-default:${hex}\n` })).toContain('master key "by-default"');
    place.remove();
    place = newPlace();
    const named = await serverWith({ mine: `by-name:${hex}\n` }, { MINIO_SSE_MASTER_KEY_FILE: "mine" });
    expect(named).toContain('master key "by-name"');
    expect(secrets.leaked(named)).toEqual([]);
  }, 20_000);

  test("are of use or stop the server", async () => {
    expect(await serverWith({ sse_master_key: "\n" })).toContain(
      "The secret /run/secrets/sse_master_key is empty.",
    );
    const key = Buffer.alloc(32, 7).toString("hex");
    const differ = await serverWith({ sse_master_key: `a:${key}` }, { MINIO_SSE_MASTER_KEY: `b:${key}` });
    expect(differ).toContain("MINIO_SSE_MASTER_KEY and /run/secrets/sse_master_key differ.");
    expect(differ).not.toContain(key);
  }, 20_000);

  test("need not be there", async () => {
    expect(await serverWith({})).toMatch(/KMS: +none/);
  }, 20_000);
});
