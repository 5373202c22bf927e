import { describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { inspect } from "node:util";
import { type Config, ConfigError, loadConfig } from "../../src/config/config.ts";
import type { Environment } from "../../src/config/read-settings.ts";

const error = (code: string) => Object.assign(new Error(code), { code });
type Files = Readonly<Record<string, string | Error>>;

function load(env: Environment, files: Files = {}): Config["encryption"] {
  return loadConfig(env, (path) => {
    const found = files[path] ?? error("ENOENT");
    if (found instanceof Error) throw found;
    return found;
  }).encryption;
}

function faultsOf(env: Environment, files: Files = {}): readonly string[] {
  try {
    load(env, files);
  } catch (thrown) {
    if (thrown instanceof ConfigError) return thrown.faults;
    throw thrown;
  }
  return [];
}

const HEX = "0123456789abcdef".repeat(4);
const OTHER = "fedcba9876543210".repeat(4);
const base64 = (hex: string) => Buffer.from(hex, "hex").toString("base64");

/** Id and key in hex. */
const keyOf = ({ masterKey }: Config["encryption"]) =>
  masterKey && [masterKey.keyId, Buffer.from(masterKey.key.reveal()).toString("hex")];

describe("a master key", () => {
  test("comes as id and 64 hexadecimal digits in any case, under both names", () => {
    for (const name of ["MINIO_SSE_MASTER_KEY", "MINIO_KMS_MASTER_KEY"]) {
      expect(keyOf(load({ [name]: `my-key:${HEX}` }))).toEqual(["my-key", HEX]);
      expect(keyOf(load({ [name]: `my-key:${HEX.toUpperCase()}` }))).toEqual(["my-key", HEX]);
    }
  });

  test("comes as id and 32 bytes in base64", () => {
    expect(keyOf(load({ MINIO_KMS_SECRET_KEY: `my-key:${base64(HEX)}` }))).toEqual(["my-key", HEX]);
  });

  test("has an id up to the first colon, with all its blanks, even an empty one", () => {
    for (const id of ["", " ", " my key", "ключ", "a/b"]) {
      expect(keyOf(load({ MINIO_SSE_MASTER_KEY: `${id}:${HEX}` }))).toEqual([id, HEX]);
    }
  });

  const wrong: readonly (readonly [what: string, value: string, fault: string])[] = [
    ["no colon", HEX, "does not contain a ':' between key id and key."],
    ["no key", "my-key:", "must have 64 hexadecimal digits after the first ':'."],
    ["a short key", `my-key:${HEX.slice(1)}`, "must have 64 hexadecimal digits after the first ':'."],
    ["a long key", `my-key:${HEX}0`, "must have 64 hexadecimal digits after the first ':'."],
    ["other letters", `my-key:${HEX.slice(1)}g`, "must have 64 hexadecimal digits after the first ':'."],
    ["a blank before it", `my-key: ${HEX}`, "must have 64 hexadecimal digits after the first ':'."],
    ["a blank behind it", `my-key:${HEX} `, "must have 64 hexadecimal digits after the first ':'."],
    ["a second colon", `my:key:${HEX}`, "must have 64 hexadecimal digits after the first ':'."],
    ["base64", `my-key:${base64(HEX)}`, "must have 64 hexadecimal digits after the first ':'."],
    ["id and key exchanged", `${HEX}:my-key`, "must have 64 hexadecimal digits after the first ':'."],
  ];
  for (const [what, value, fault] of wrong) {
    test(`with ${what} is a fault that does not show it`, () => {
      const faults = faultsOf({ MINIO_SSE_MASTER_KEY: value });
      expect(faults).toEqual([`MINIO_SSE_MASTER_KEY ${fault}`]);
      const hidden = value.replace("my-key", "").replaceAll(/[: ]/g, "");
      if (hidden !== "") expect(faults.join()).not.toContain(hidden);
    });
  }

  test("in base64 has 32 bytes and canonical padding", () => {
    const fault = "MINIO_KMS_SECRET_KEY must have 32 bytes in base64 after the first ':'.";
    for (const key of [HEX, base64(HEX).slice(0, -1), base64(HEX.slice(2)), base64(`${HEX}00`), ""]) {
      expect(faultsOf({ MINIO_KMS_SECRET_KEY: `my-key:${key}` })).toEqual([fault]);
    }
  });

  test("that is set but empty counts as not set", () => {
    expect(keyOf(load({ MINIO_SSE_MASTER_KEY: "", MINIO_KMS_SECRET_KEY: "" }))).toBeUndefined();
  });
});

describe("a master key that is set twice", () => {
  const both = (one: Environment, other: Environment, files: Files = {}) =>
    faultsOf({ ...one, ...other }, files);
  const names = ["MINIO_SSE_MASTER_KEY", "MINIO_KMS_MASTER_KEY"] as const;

  test("is a fault when the two differ, in key or in id", () => {
    const [sse, kms] = names;
    expect(both({ [sse]: `a:${HEX}` }, { [kms]: `a:${OTHER}` })).toEqual([
      `${sse} and ${kms} differ. Set only one of them.`,
    ]);
    expect(both({ [sse]: `a:${HEX}` }, { [kms]: `b:${HEX}` }).length).toBe(1);
    const different =
      "MINIO_SSE_MASTER_KEY and MINIO_KMS_SECRET_KEY are both set and differ. Keep one of them.";
    expect(both({ [sse]: `a:${HEX}` }, { MINIO_KMS_SECRET_KEY: `a:${base64(OTHER)}` })).toEqual([different]);
    expect(both({ [sse]: `a:${HEX}` }, { MINIO_KMS_SECRET_KEY: `b:${base64(HEX)}` })).toEqual([different]);
  });

  test("is a fault when variable and file differ", () => {
    const files = { "/run/secrets/other": `a:${OTHER}\n` };
    expect(both({ MINIO_SSE_MASTER_KEY: `a:${HEX}` }, { MINIO_SSE_MASTER_KEY_FILE: "other" }, files))
      .toEqual(["MINIO_SSE_MASTER_KEY and MINIO_SSE_MASTER_KEY_FILE differ. Set only one of them."]);
  });

  test("is none when both are the same", () => {
    const [sse, kms] = names;
    expect(both({ [sse]: `a:${HEX}` }, { [kms]: `a:${HEX}` })).toEqual([]);
    expect(both({ [sse]: `a:${HEX}` }, { MINIO_KMS_SECRET_KEY: `a:${base64(HEX)}` })).toEqual([]);
  });
});

describe("a docker secret", () => {
  for (const name of ["MINIO_SSE_MASTER_KEY_FILE", "MINIO_KMS_MASTER_KEY_FILE"]) {
    test(`that ${name} names is looked up by name or path, without its line end`, () => {
      for (
        const [value, path] of [["my_secret", "/run/secrets/my_secret"], ["/etc/key", "/etc/key"]] as const
      ) {
        for (const end of ["", "\n", "\r\n", "\n\n"]) {
          expect(keyOf(load({ [name]: value }, { [path]: `a:${HEX}${end}` }))).toEqual(["a", HEX]);
        }
      }
    });

    test(`that ${name} names must be there, readable and not empty`, () => {
      const file = (found: string | Error) =>
        faultsOf({ [name]: "my_secret" }, { "/run/secrets/my_secret": found });
      const names = `${name} names the file /run/secrets/my_secret, which`;
      expect(faultsOf({ [name]: "my_secret" })).toEqual([`${names} does not exist.`]);
      expect(file("")).toEqual([`${names} is empty.`]);
      expect(file("\n")).toEqual([`${names} is empty.`]);
      expect(file(error("EACCES"))).toEqual([`${names} the server's user may not read.`]);
      expect(file(error("EISDIR"))).toEqual([`${names} is a directory.`]);
    });
  }

  test("under the default names is taken although nothing names it", () => {
    for (const name of ["sse_master_key", "kms_master_key"]) {
      expect(keyOf(load({}, { [`/run/secrets/${name}`]: `a:${HEX}\n` }))).toEqual(["a", HEX]);
    }
  });

  test("under the default names need not be there, and must be of use if it is", () => {
    expect(faultsOf({})).toEqual([]);
    expect(faultsOf({}, { "/run/secrets/sse_master_key": error("ENOTDIR") })).toEqual([]);
    const file = (found: string | Error) => faultsOf({}, { "/run/secrets/sse_master_key": found });
    expect(file("\n")).toEqual(["The secret /run/secrets/sse_master_key is empty."]);
    expect(file(error("EACCES"))).toEqual([
      "The secret /run/secrets/sse_master_key the server's user may not read.",
    ]);
    expect(file(error("EISDIR"))).toEqual(["The secret /run/secrets/sse_master_key is a directory."]);
    expect(file(HEX)).toEqual([
      "/run/secrets/sse_master_key does not contain a ':' between key id and key.",
    ]);
  });

  test("under a default name and a variable must not differ", () => {
    const files = { "/run/secrets/sse_master_key": `a:${OTHER}` };
    expect(faultsOf({ MINIO_SSE_MASTER_KEY: `a:${HEX}` }, files))
      .toEqual(["MINIO_SSE_MASTER_KEY and /run/secrets/sse_master_key differ. Set only one of them."]);
    expect(faultsOf({ MINIO_SSE_MASTER_KEY: `a:${OTHER}` }, files)).toEqual([]);
  });

  test("holds the key in base64 or the retired keys as well", () => {
    const files = { "/run/secrets/b": `a:${base64(HEX)}\n`, "/run/secrets/r": `b:${OTHER}\nc:${HEX}\n` };
    const config = load({ MINIO_KMS_SECRET_KEY_FILE: "b", MINIO_SSE_MASTER_KEY_RETIRED_FILE: "r" }, files);
    expect([keyOf(config), config.retired.map(({ keyId }) => keyId)]).toEqual([["a", HEX], ["b", "c"]]);
  });
});

describe("retired master keys", () => {
  const MINIO_SSE_MASTER_KEY = `now:${HEX}`;
  const retired = (text: string) =>
    load({ MINIO_SSE_MASTER_KEY, MINIO_SSE_MASTER_KEY_RETIRED: text }).retired.map(({ keyId }) => keyId);

  test("come one after the other, by commas or lines, with blanks around them", () => {
    expect(retired(`a:${HEX}`)).toEqual(["a"]);
    expect(retired(`a:${HEX},b:${OTHER}`)).toEqual(["a", "b"]);
    expect(retired(`a:${HEX}, b:${OTHER},`)).toEqual(["a", "b"]);
    expect(retired(`\na:${HEX}\r\n\n  b:${OTHER}  \n`)).toEqual(["a", "b"]);
  });

  test("that are not right are a fault that does not show them", () => {
    const faults = faultsOf({ MINIO_SSE_MASTER_KEY, MINIO_SSE_MASTER_KEY_RETIRED: `a:${HEX},${OTHER}` });
    expect(faults).toEqual(["MINIO_SSE_MASTER_KEY_RETIRED does not contain a ':' between key id and key."]);
  });

  test("are a fault without a current key", () => {
    expect(faultsOf({ MINIO_SSE_MASTER_KEY_RETIRED: `a:${HEX}` })[0]).toStartWith(
      "MINIO_SSE_MASTER_KEY_RETIRED is set, but",
    );
  });
});

describe("auto-encryption", () => {
  const MINIO_SSE_MASTER_KEY = `a:${HEX}`;
  const names = ["MINIO_SSE_AUTO_ENCRYPTION", "MINIO_KMS_AUTO_ENCRYPTION"];
  const ON = ["1", "t", "T", "true", "TRUE", "True", "on", "ON", "On", "enabled", "ENABLED", "eNabled"];
  const OFF = ["0", "f", "F", "false", "FALSE", "False", "off", "OFF", "Off", "disabled", "Disabled", ""];

  test("is on or off in every spelling that MinIO takes, and either name turns it on", () => {
    for (const name of names) {
      for (const value of ON) {
        expect([value, load({ MINIO_SSE_MASTER_KEY, [name]: value }).autoEncryption]).toEqual([value, true]);
      }
      for (const value of OFF) {
        expect([value, load({ MINIO_SSE_MASTER_KEY, [name]: value }).autoEncryption]).toEqual([value, false]);
      }
    }
    const both = { MINIO_SSE_AUTO_ENCRYPTION: "off", MINIO_KMS_AUTO_ENCRYPTION: "on" };
    expect(load({ MINIO_SSE_MASTER_KEY, ...both }).autoEncryption).toBe(true);
    expect(load({}).autoEncryption).toBe(false);
  });

  test("is a fault in any other spelling", () => {
    for (const value of ["yes", "oN", " on", "2", "enable", HEX]) {
      expect(faultsOf({ MINIO_SSE_MASTER_KEY, MINIO_SSE_AUTO_ENCRYPTION: value }))
        .toEqual(['MINIO_SSE_AUTO_ENCRYPTION must be "on" or "off".']);
    }
  });

  test("is a fault without a KMS", () => {
    for (const name of names) {
      expect(faultsOf({ [name]: "on" })[0]).toStartWith(
        "Invalid KMS configuration: auto-encryption is enabled but no valid KMS configuration is present.",
      );
    }
  });
});

test("the provider is WebCrypto unless the setting says native", () => {
  expect(load({}).aead).toBe("webcrypto");
  expect(load({ MINIO_SSE_CRYPTO: "native" }).aead).toBe("native");
  expect(faultsOf({ MINIO_SSE_CRYPTO: "openssl" })).toEqual([
    'MINIO_SSE_CRYPTO must be "webcrypto" or "native".',
  ]);
});

test("no key shows, however a configuration is printed", () => {
  const config = load({
    MINIO_SSE_MASTER_KEY: `a:${HEX}`,
    MINIO_SSE_MASTER_KEY_RETIRED: `b:${OTHER}`,
  });
  const printed = [inspect(config, { depth: 9 }), JSON.stringify(config), Bun.inspect(config), String(config)]
    .join();
  for (const key of [HEX, OTHER]) {
    expect(printed).not.toContain(key);
    expect(printed).not.toContain(base64(key));
  }
});
