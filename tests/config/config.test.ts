import { describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { inspect } from "node:util";
import { type Config, ConfigError, loadConfig } from "../../src/config/config.ts";
import type { Environment } from "../../src/config/read-settings.ts";

const MISSING = Object.assign(new Error("ENOENT: no such file or directory"), { code: "ENOENT" });

/** Loads from an environment and the files that exist. */
function load(env: Environment, files: Readonly<Record<string, string | Error>> = {}): Config {
  return loadConfig(env, (path) => {
    const found = files[path] ?? MISSING;
    if (found instanceof Error) throw found;
    return found;
  });
}

function faultsOf(env: Environment, files: Readonly<Record<string, string | Error>> = {}): readonly string[] {
  try {
    load(env, files);
  } catch (thrown) {
    if (thrown instanceof ConfigError) return thrown.faults;
    throw thrown;
  }
  return [];
}

const password = (config: Config) => Buffer.from(config.rootPassword.reveal()).toString();
const PAIR = { MINIO_ROOT_USER: "anna", MINIO_ROOT_PASSWORD: "correct horse" };

describe("an empty environment", () => {
  test("gives the well-known credentials and says so", () => {
    const config = load({});
    expect([config.rootUser, password(config), config.defaultCredentials]).toEqual([
      "minioadmin",
      "minioadmin",
      true,
    ]);
  });

  test("gives no domain, no KMS and ten seconds to shut down", () => {
    const { domains, encryption, shutdownTimeout, ignored } = load({});
    expect([domains, encryption.masterKey, encryption.autoEncryption, shutdownTimeout, ignored]).toEqual([
      [],
      undefined,
      false,
      10_000,
      [],
    ]);
  });
});

describe("credentials", () => {
  test("come from the variables of today", () => {
    const config = load(PAIR);
    expect([config.rootUser, password(config), config.defaultCredentials]).toEqual([
      "anna",
      "correct horse",
      false,
    ]);
  });

  test("come from the variables of old", () => {
    const config = load({ MINIO_ACCESS_KEY: "anna", MINIO_SECRET_KEY: "correct horse" });
    expect([config.rootUser, password(config)]).toEqual(["anna", "correct horse"]);
  });

  test("come from docker secrets by name, without the line end", () => {
    const config = load({ MINIO_ROOT_USER_FILE: "user", MINIO_ROOT_PASSWORD_FILE: "password" }, {
      "/run/secrets/user": "anna\n",
      "/run/secrets/password": " correct horse \r\n",
    });
    expect([config.rootUser, password(config)]).toEqual(["anna", " correct horse "]);
  });

  test("come from files by absolute path, under the old names too", () => {
    const config = load({ MINIO_ACCESS_KEY_FILE: "/etc/user", MINIO_SECRET_KEY_FILE: "/etc/password" }, {
      "/etc/user": "anna",
      "/etc/password": "correct horse",
    });
    expect([config.rootUser, password(config)]).toEqual(["anna", "correct horse"]);
  });

  test("may be set twice to the same value", () => {
    expect(
      faultsOf({ ...PAIR, MINIO_ACCESS_KEY: "anna", MINIO_SECRET_KEY_FILE: "/p" }, { "/p": "correct horse" }),
    )
      .toEqual([]);
  });

  test("that are set twice to different values are a fault that shows neither", () => {
    expect(faultsOf({ ...PAIR, MINIO_SECRET_KEY: "battery staple" })).toEqual([
      "MINIO_ROOT_PASSWORD and MINIO_SECRET_KEY differ. Set only one of them.",
    ]);
  });

  test("are spelled out as the well-known ones with the same warning", () => {
    const spelled = { MINIO_ROOT_USER: "minioadmin", MINIO_ROOT_PASSWORD: "minioadmin" };
    expect(load(spelled).defaultCredentials).toBe(true);
  });

  test("of the shortest lengths are taken, and slashes are no trouble", () => {
    expect(load({ MINIO_ROOT_USER: "a/b", MINIO_ROOT_PASSWORD: "12345678" }).rootUser).toBe("a/b");
  });

  const short = { MINIO_ROOT_USER: "ab", MINIO_ROOT_PASSWORD: "1234567" };
  test.each([
    [short, ["MINIO_ROOT_USER must have at least 3", "MINIO_ROOT_PASSWORD must have at least 8"]],
    [{ ...PAIR, MINIO_ROOT_USER: "an na" }, ["MINIO_ROOT_USER must not contain blanks"]],
    [{ ...PAIR, MINIO_ROOT_USER: "an=na" }, ["MINIO_ROOT_USER must not contain blanks"]],
    [{ ...PAIR, MINIO_ROOT_USER: "an\u0000na" }, ["MINIO_ROOT_USER must not contain blanks"]],
    [{ MINIO_ROOT_USER: "anna" }, ["MINIO_ROOT_USER is set, but MINIO_ROOT_PASSWORD is not."]],
    [{ MINIO_SECRET_KEY: "correct horse" }, ["MINIO_SECRET_KEY is set, but MINIO_ROOT_USER is not."]],
    [{ ...PAIR, MINIO_ROOT_PASSWORD: "" }, ["MINIO_ROOT_USER is set, but MINIO_ROOT_PASSWORD is not."]],
  ])("of %j are refused", (env, beginnings) => {
    const faults = faultsOf(env);
    expect(faults.map((fault, i) => fault.startsWith(beginnings[i] ?? "?"))).toEqual(
      beginnings.map(() => true),
    );
  });
});

describe("a _FILE variable", () => {
  const denied = Object.assign(new Error("EACCES: permission denied"), { code: "EACCES" });
  const folder = Object.assign(new Error("EISDIR: illegal operation"), { code: "EISDIR" });
  test.each([
    ["that names a missing file", {}, "which does not exist."],
    ["that names an empty file", { "/run/secrets/password": "\n" }, "which is empty."],
    [
      "that names a file of somebody else",
      { "/run/secrets/password": denied },
      "which the server's user may not read.",
    ],
    ["that names a directory", { "/run/secrets/password": folder }, "which is a directory."],
  ])("%s is a fault, once", (_case, files, ending) => {
    expect(faultsOf({ MINIO_ROOT_USER: "anna", MINIO_ROOT_PASSWORD_FILE: "password" }, files)).toEqual([
      `MINIO_ROOT_PASSWORD_FILE names the file /run/secrets/password, ${ending}`,
    ]);
  });

  test("that is empty counts as not set", () => {
    expect(load({ MINIO_ROOT_USER_FILE: "", MINIO_ROOT_PASSWORD_FILE: "" }).defaultCredentials).toBe(true);
  });
});

describe("other settings", () => {
  test("give the region under both names", () => {
    expect(load({ MINIO_REGION: "eu-central-1" }).region).toBe("eu-central-1");
    expect(load({ MINIO_REGION_NAME: "eu-central-1" }).region).toBe("eu-central-1");
  });

  test("give domains in lower case without the blanks around them", () => {
    expect(load({ MINIO_DOMAIN: "S3.Example.com, localhost" }).domains).toEqual([
      "s3.example.com",
      "localhost",
    ]);
  });

  test("give the time to shut down", () => {
    expect(load({ MINIO_SHUTDOWN_TIMEOUT: "1500ms" }).shutdownTimeout).toBe(1500);
  });

  test("give what clients have to keep up with", () => {
    expect(load({}).pace).toEqual({ readDeadline: 120_000, writeDeadline: 600_000, rate: 500 });
    expect(
      load({
        MINIO_CONN_CLIENT_READ_DEADLINE: "30s",
        MINIO_CONN_CLIENT_WRITE_DEADLINE: "1m",
        MINIO_CONN_CLIENT_MIN_RATE: "0",
      }).pace,
    ).toEqual({ readDeadline: 30_000, writeDeadline: 60_000, rate: 0 });
    expect(() => load({ MINIO_CONN_CLIENT_READ_DEADLINE: "0s" })).toThrow(
      "MINIO_CONN_CLIENT_READ_DEADLINE must be a time such as 500ms, 10s or 2m, at least 1s",
    );
  });

  test("give the number of connections", () => {
    expect(load({}).maxConnections).toBe(10_000);
    expect(load({ MINIO_MAX_CONNECTIONS: "64" }).maxConnections).toBe(64);
    expect(() => load({ MINIO_MAX_CONNECTIONS: "0" })).toThrow(
      "MINIO_MAX_CONNECTIONS must be a whole number",
    );
  });

  test("that are unknown are listed by name, and those known to mean nothing are not", () => {
    const { ignored } = load({ MINIO_ROOT_PASSWORT: "x", MINIO_BROWSER: "off", PATH: "/bin", MINIO_A: "" });
    expect(ignored).toEqual(["MINIO_A", "MINIO_ROOT_PASSWORT"]);
  });
});

describe("faults", () => {
  const env = {
    MINIO_ROOT_USER: "ab",
    MINIO_ROOT_PASSWORD: "hunter2",
    MINIO_SECRET_KEY: "hunter3",
    MINIO_REGION: "eu west",
    MINIO_DOMAIN: "good.example,-bad",
    MINIO_SHUTDOWN_TIMEOUT: "10",
  };

  test("are reported all at once", () => {
    expect(faultsOf(env)).toEqual([
      "MINIO_ROOT_PASSWORD and MINIO_SECRET_KEY differ. Set only one of them.",
      "MINIO_ROOT_USER must have at least 3 characters.",
      "MINIO_ROOT_PASSWORD must have at least 8 characters.",
      "MINIO_REGION must be letters, digits and '-'.",
      "MINIO_DOMAIN must be host names separated by commas.",
      "MINIO_SHUTDOWN_TIMEOUT must be a time such as 500ms, 10s or 2m.",
    ]);
  });

  test("name unknown settings as well, one of which may be the one that is missing", () => {
    expect(faultsOf({ MINIO_ROOT_USER: "anna", MINIO_ROOT_PASSWROD: "correct horse", MINIO_BROWSER: "off" }))
      .toEqual([
        "MINIO_ROOT_USER is set, but MINIO_ROOT_PASSWORD is not. Set both or neither.",
        "MINIO_ROOT_PASSWROD is not known, and has no effect.",
      ]);
  });

  test("and the configuration itself never show a secret, however they are printed", () => {
    const faulty = faultsOf(env).join("\n");
    const config = load({ ...PAIR, MINIO_SSE_MASTER_KEY: `key:${"ab".repeat(32)}` });
    for (
      const text of [
        faulty,
        inspect(config, { depth: 9 }),
        JSON.stringify(config),
        String(config.rootPassword),
      ]
    ) {
      expect(text).not.toMatch(/hunter|correct horse|abab/);
    }
  });
});
