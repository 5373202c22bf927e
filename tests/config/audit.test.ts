import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigError, loadConfig } from "../../src/config/config.ts";
import type { AuditWebhookConfig } from "../../src/config/audit.ts";
import { makeCertificate } from "../running-server.ts";

type Env = Readonly<Record<string, string>>;

function load(env: Env, files: Env = {}) {
  return loadConfig(env, (path) => {
    const text = files[path];
    if (text === undefined) throw Object.assign(new Error("missing"), { code: "ENOENT" });
    return text;
  });
}

const hooks = (env: Env, files?: Env): readonly AuditWebhookConfig[] => load(env, files).auditWebhooks;

function faults(env: Env): readonly string[] {
  try {
    load(env);
    return [];
  } catch (thrown) {
    if (thrown instanceof ConfigError) return thrown.faults;
    throw thrown;
  }
}

const revealed = (hook: AuditWebhookConfig | undefined) =>
  hook?.authToken && new TextDecoder().decode(hook.authToken.reveal());

describe("webhooks", () => {
  test("are none unless one is turned on", () => {
    expect(hooks({})).toEqual([]);
    expect(hooks({ MINIO_AUDIT_WEBHOOK_ENABLE: "off", MINIO_AUDIT_WEBHOOK_ENDPOINT: "http://x/" })).toEqual(
      [],
    );
  });

  test("are one without a name and any number with", () => {
    const found = hooks({
      MINIO_AUDIT_WEBHOOK_ENABLE: "on",
      MINIO_AUDIT_WEBHOOK_ENDPOINT: "http://one/",
      MINIO_AUDIT_WEBHOOK_ENABLE_siem: "true",
      MINIO_AUDIT_WEBHOOK_ENDPOINT_siem: "https://two/path?x=1",
      MINIO_AUDIT_WEBHOOK_AUTH_TOKEN_siem: "Splunk 1",
      MINIO_AUDIT_WEBHOOK_QUEUE_SIZE_siem: "7",
      MINIO_AUDIT_WEBHOOK_ENABLE_MY_HOOK: "on",
      MINIO_AUDIT_WEBHOOK_ENDPOINT_MY_HOOK: "http://three/",
    });
    expect(found.map(({ target, endpoint, queueSize }) => [target, endpoint.href, queueSize])).toEqual([
      ["", "http://one/", 10_000],
      ["MY_HOOK", "http://three/", 10_000],
      ["siem", "https://two/path?x=1", 7],
    ]);
    expect(found.map(revealed)).toEqual([undefined, undefined, "Splunk 1"]);
  });

  test("may have their secrets in files", () => {
    const [hook] = hooks({
      MINIO_AUDIT_WEBHOOK_ENABLE_siem: "on",
      MINIO_AUDIT_WEBHOOK_ENDPOINT_siem_FILE: "/endpoint",
      MINIO_AUDIT_WEBHOOK_AUTH_TOKEN_siem_FILE: "token",
    }, { "/endpoint": "http://user:password@one/\n", "/run/secrets/token": "abc\n" });
    expect([hook?.endpoint.href, revealed(hook)]).toEqual(["http://user:password@one/", "abc"]);
  });

  test("may have a client certificate", () => {
    const directory = mkdtempSync(join(tmpdir(), "minio-ts-audit-"));
    makeCertificate(directory);
    const [hook] = hooks({
      MINIO_AUDIT_WEBHOOK_ENABLE: "on",
      MINIO_AUDIT_WEBHOOK_ENDPOINT: "https://one/",
      MINIO_AUDIT_WEBHOOK_CLIENT_CERT: join(directory, "public.crt"),
      MINIO_AUDIT_WEBHOOK_CLIENT_KEY: join(directory, "private.key"),
    });
    rmSync(directory, { recursive: true });
    expect(hook?.client?.cert).toStartWith("-----BEGIN CERTIFICATE-----");
  });

  test("are no unknown variables", () => {
    const env = {
      MINIO_AUDIT_WEBHOOK_ENABLE_siem: "off",
      MINIO_AUDIT_WEBHOOK_ENDPOINT_siem: "http://one/",
      MINIO_AUDIT_WEBHOOK_ENDPONT_siem: "http://one/",
    };
    expect(load(env).ignored).toEqual(["MINIO_AUDIT_WEBHOOK_ENDPONT_siem"]);
  });
});

describe("faults name the variable as it was set", () => {
  test.each<[Env, string]>([
    [{ MINIO_AUDIT_WEBHOOK_ENABLE_siem: "on" }, "MINIO_AUDIT_WEBHOOK_ENDPOINT_siem is not set."],
    [
      { MINIO_AUDIT_WEBHOOK_ENABLE_siem: "perhaps" },
      'MINIO_AUDIT_WEBHOOK_ENABLE_siem must be "on" or "off".',
    ],
    [
      { MINIO_AUDIT_WEBHOOK_ENDPOINT_siem: "http://one/" },
      'MINIO_AUDIT_WEBHOOK_ENABLE_siem must be "on" or "off" where there are other settings of the webhook.',
    ],
    [
      { MINIO_AUDIT_WEBHOOK_ENABLE: "on", MINIO_AUDIT_WEBHOOK_ENDPOINT: "ftp://user:password@one/" },
      "MINIO_AUDIT_WEBHOOK_ENDPOINT must be a URL such as https://audit.example.com/minio.",
    ],
    [
      {
        MINIO_AUDIT_WEBHOOK_ENABLE_siem: "on",
        MINIO_AUDIT_WEBHOOK_ENDPOINT_siem: "http://one/",
        MINIO_AUDIT_WEBHOOK_AUTH_TOKEN_siem_FILE: "/none",
      },
      "MINIO_AUDIT_WEBHOOK_AUTH_TOKEN_siem_FILE names the file /none, which does not exist.",
    ],
    [
      {
        MINIO_AUDIT_WEBHOOK_ENABLE: "on",
        MINIO_AUDIT_WEBHOOK_ENDPOINT: "http://one/",
        MINIO_AUDIT_WEBHOOK_QUEUE_SIZE: "0",
      },
      "MINIO_AUDIT_WEBHOOK_QUEUE_SIZE must be a number from 1 to 999999.",
    ],
    [
      {
        MINIO_AUDIT_WEBHOOK_ENABLE: "on",
        MINIO_AUDIT_WEBHOOK_ENDPOINT: "http://one/",
        MINIO_AUDIT_WEBHOOK_AUTH_TOKEN: "a\nb",
      },
      "MINIO_AUDIT_WEBHOOK_AUTH_TOKEN must be printable ASCII.",
    ],
  ])("%j", (env, fault) => {
    expect(faults(env)).toEqual([fault]);
  });

  test("half a client certificate", () => {
    const env = {
      MINIO_AUDIT_WEBHOOK_ENABLE_a: "on",
      MINIO_AUDIT_WEBHOOK_ENDPOINT_a: "https://one/",
      MINIO_AUDIT_WEBHOOK_CLIENT_CERT_a: "/none",
    };
    expect(faults(env)).toEqual([
      "MINIO_AUDIT_WEBHOOK_CLIENT_CERT_a names /none, which does not exist.",
      "MINIO_AUDIT_WEBHOOK_CLIENT_CERT_a is set without the other half of the pair. Set both or neither.",
    ]);
  });
});
