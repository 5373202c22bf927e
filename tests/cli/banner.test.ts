import { describe, expect, test } from "bun:test";
import { banner, type BannerFacts, endpoints, jsonBanner, shellWord } from "../../src/cli/banner.ts";
import { loadConfig } from "../../src/config/config.ts";

const config = loadConfig(
  { MINIO_ROOT_USER: "minio", MINIO_ROOT_PASSWORD: "minio 123", MINIO_REGION: "eu-west-1" },
  () => {
    throw Object.assign(new Error("no file"), { code: "ENOENT" });
  },
);
const FACTS: BannerFacts = {
  config,
  address: { host: "127.0.0.1", port: 0 },
  port: 9000,
  secure: false,
  storage: "/data (embedded)",
  kms: "none",
  autoEncryption: false,
  alias: "myminio",
  interactive: false,
};
/** Text without the colours of a terminal. */
// deno-lint-ignore no-control-regex
const plain = (text: string) => text.replace(/\u001b\[\d+m/g, "");

test("off a terminal the banner has no colours and no credentials", () => {
  expect(banner(FACTS)).toBe([
    "Endpoint:        http://127.0.0.1:9000",
    "Region:          eu-west-1",
    "Storage:         /data (embedded)",
    "KMS:             none",
    "Auto-encryption: off",
    "",
    "",
  ].join("\n"));
});

test("on a terminal it shows the credentials and a line for mc that a shell takes as it stands", () => {
  expect(plain(banner({ ...FACTS, interactive: true }))).toBe([
    "Endpoint:        http://127.0.0.1:9000",
    "AccessKey:       minio",
    "SecretKey:       minio 123",
    "Region:          eu-west-1",
    "Storage:         /data (embedded)",
    "KMS:             none",
    "Auto-encryption: off",
    "",
    "Command-line Access:",
    "   $ mc alias set myminio http://127.0.0.1:9000 minio 'minio 123'",
    "",
    "",
  ].join("\n"));
});

test("on a terminal labels are blue and values bold", () => {
  expect(banner({ ...FACTS, interactive: true })).toContain(
    "\u001b[34mAccessKey:\u001b[0m       \u001b[1mminio\u001b[0m\n",
  );
});

test("a KMS and auto-encryption are told", () => {
  const text = banner({ ...FACTS, kms: 'master key "my-key"', autoEncryption: true });
  expect(text).toContain('KMS:             master key "my-key"\nAuto-encryption: on\n');
});

test("as JSON it is one line, without credentials even on a terminal", () => {
  const text = jsonBanner({ ...FACTS, interactive: true });
  expect(text).toEndWith("}\n");
  expect(text.trimEnd()).not.toContain("\n");
  expect(text).not.toContain("minio 123");
  expect(JSON.parse(text)).toMatchObject({
    level: "INFO",
    message: "listening",
    endpoints: ["http://127.0.0.1:9000"],
    storage: "/data (embedded)",
    kms: "none",
    autoEncryption: false,
  });
});

describe("endpoints", () => {
  const local = ["192.0.2.7", "127.0.0.1"];

  test.each([[undefined], ["0.0.0.0"], ["::"]])(
    "on all interfaces (%s) are the addresses of this machine",
    (host) => {
      expect(endpoints({ address: { host, port: 0 }, port: 9000, secure: false }, local)).toEqual([
        "http://192.0.2.7:9000",
        "http://127.0.0.1:9000",
      ]);
    },
  );

  test("on one address are that one, in brackets for IPv6", () => {
    expect(endpoints({ address: { host: "::1", port: 0 }, port: 9000, secure: true }, local)).toEqual([
      "https://[::1]:9000",
    ]);
  });
});

test.each([
  ["minio123", "minio123"],
  ["a b", "'a b'"],
  ["it's", `'it'\\''s'`],
  ["$(rm)", "'$(rm)'"],
  ["", "''"],
])("a shell reads %j back", (word, quoted) => {
  expect(shellWord(word)).toBe(quoted);
});
