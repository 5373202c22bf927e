import { describe, expect, test } from "bun:test";
import { Secret } from "../../src/crypto/secret.ts";
import { createLog, type Log, type LogOptions } from "../../src/log/log.ts";
import { clockText, escapeControls, escapeLine } from "../../src/log/text.ts";

function record(options: Pick<LogOptions, "json" | "quiet">, use: (log: Log) => void): string[] {
  const entries: string[] = [];
  use(createLog({ ...options, write: (entry) => void entries.push(entry) }));
  return entries;
}

const FAILURE = {
  requestId: "18EAA427E68F5239",
  operation: "PutObject",
  bucket: "bkt",
  key: "x",
  remoteAddress: "127.0.0.1",
  userAgent: "mc",
  error: new Error("disk on fire"),
};

describe("as text", () => {
  const text = { json: false, quiet: false };

  test("warnings and errors say what they are", () => {
    const entries = record(text, (log) => {
      log.info("started");
      log.warn("old certificate");
      log.error("no disk");
    });
    expect(entries).toEqual(["started", "WARNING: old certificate", "ERROR: no disk"]);
  });

  test("an error comes with its causes", () => {
    const [entry = ""] = record(text, (log) => {
      log.error("no disk", new Error("write failed", { cause: new Error("ENOSPC") }));
    });
    expect(entry).toMatch(/^ERROR: no disk: Error: write failed\n[^]*\ncaused by Error: ENOSPC/);
  });

  test("causes that go round in a circle end", () => {
    const circle = new Error("round");
    circle.cause = circle;
    expect(record(text, (log) => log.error("no disk", circle))).toHaveLength(1);
  });

  test("a failed request is MinIO's block", () => {
    const [entry = ""] = record(text, (log) => log.requestFailed(FAILURE));
    const lines = entry.split("\n");
    expect(lines.slice(0, 2)).toEqual(["", "API: PutObject(bucket=bkt, object=x)"]);
    expect(lines[2]).toMatch(/^Time: \d\d:\d\d:\d\d UTC \d\d\/\d\d\/\d{4}$/);
    expect(lines.slice(3, 7)).toEqual([
      "RequestID: 18EAA427E68F5239",
      "RemoteHost: 127.0.0.1",
      "UserAgent: mc",
      "Error: Error: disk on fire",
    ]);
  });

  test("names and agents that a client chose can neither forge a line nor steer a terminal", () => {
    const evil = "a\nError: forged\r\u001b[2J\u009b2J\u202e\u2028";
    const [entry = ""] = record(text, (log) => {
      log.requestFailed({ ...FAILURE, bucket: evil, key: evil, userAgent: evil });
    });
    const shown = "a\\u000aError: forged\\u000d\\u001b[2J\\u009b2J\\u202e\\u2028";
    expect(entry).toContain(`API: PutObject(bucket=${shown}, object=${shown})\n`);
    expect(entry).toContain(`UserAgent: ${shown}\n`);
    expect(entry.split("\n").filter((line) => line.startsWith("Error: "))).toHaveLength(1);
  });

  test("quiet leaves information away and keeps the rest", () => {
    const entries = record({ json: false, quiet: true }, (log) => {
      log.info("started");
      log.warn("old");
      log.error("bad");
      log.requestFailed(FAILURE);
    });
    expect(entries).toHaveLength(3);
  });
});

describe("as JSON", () => {
  const json = { json: true, quiet: false };

  test("every entry is one line with level, time and message", () => {
    const entries = record(json, (log) => {
      log.info("started");
      log.warn("old\ncertificate");
      log.error("no disk", new Error("ENOSPC"));
    });
    expect(entries.join("")).not.toContain("\n");
    const parsed = entries.map((entry) => JSON.parse(entry));
    expect(parsed.map(({ level, message }) => [level, message])).toEqual([
      ["INFO", "started"],
      ["WARNING", "old\ncertificate"],
      ["ERROR", "no disk"],
    ]);
    expect(parsed[2].cause).toStartWith("Error: ENOSPC");
    expect(Date.parse(parsed[0].time)).toBeGreaterThan(0);
  });

  test("a failed request keeps its fields apart", () => {
    const [entry = ""] = record(json, (log) => log.requestFailed(FAILURE));
    const { error: _error, ...request } = FAILURE;
    expect(JSON.parse(entry)).toMatchObject({ level: "ERROR", message: "a request failed", ...request });
    expect(JSON.parse(entry).cause).toStartWith("Error: disk on fire");
  });
});

test("a secret among the causes is not shown", () => {
  const cause = new Error("refused", { cause: Secret.fromText("hunter2") });
  for (const options of [{ json: true, quiet: false }, { json: false, quiet: false }]) {
    const entries = record(options, (log) => {
      log.error("no login", cause);
      log.requestFailed({ ...FAILURE, error: cause });
    });
    expect(entries.join("\n")).not.toContain("hunter2");
    expect(entries.join("\n")).toContain("[redacted]");
  }
});

test("the clock is written as MinIO writes it", () => {
  expect(clockText(new Date("2026-11-23T09:58:12.345Z"))).toBe("09:58:12 UTC 11/23/2026");
});

test("control characters are written out, and line ends only where one line is meant", () => {
  expect(escapeControls("a\tb\nc\u0007é😀")).toBe("a\tb\nc\\u0007é😀");
  expect(escapeLine("a\tb\nc")).toBe("a\\u0009b\\u000ac");
});
