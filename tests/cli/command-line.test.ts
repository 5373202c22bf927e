import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { writeCertificate } from "../http/certificates.ts";
import { newPlace, type Outcome, type Place, run } from "./program.ts";

let place: Place;
beforeEach(() => void (place = newPlace()));
afterEach(() => place.remove());

const minio = (words: readonly string[], env?: Readonly<Record<string, string>>): Promise<Outcome> =>
  run(place, words, env);

describe("help", () => {
  test.each([[[]], [["--help"]], [["-h"]], [["help"]]])(
    "%j lists the commands and exits with 0",
    async (words) => {
      const { code, out, err } = await minio(words);
      expect([code, err]).toEqual([0, ""]);
      expect(out).toMatch(/COMMANDS:\n {2}server +serve objects from a directory\n/);
      expect(out).toContain(`VERSION:\n  ${manifest.version}\n`);
    },
  );

  test.each([[["server", "--help"]], [["server", "-h"]], [["server", "help"]], [["help", "server"]]])(
    "%j explains the command and exits with 0",
    async (words) => {
      const { code, out } = await minio(words);
      expect(code).toBe(0);
      expect(out).toStartWith("NAME:\n  minio-ts server - serve objects from a directory\n");
      for (const flag of ["--address", "--certs-dir", "--json", "--quiet"]) expect(out).toContain(flag);
    },
  );

  test.each([["version"], ["licenses"], ["server"]])("no line of %s's ends in a space", async (name) => {
    const { out } = await minio(["help", name]);
    expect(out).not.toMatch(/ $/m);
  });
});

test.each([["--version"], ["-v"], ["version"]])("%s prints the version and the runtime", async (word) => {
  const { code, out } = await minio([word]);
  expect(code).toBe(0);
  expect(out).toMatch(new RegExp(`^minio-ts version ${manifest.version} \\(source tree, bun [\\d.]+\\)\\n$`));
});

describe("words that make no sense exit with 1", () => {
  test.each([
    [["serve", "./data"], '"serve" is not a command of minio-ts. See "minio-ts --help".\n'],
    [
      ["--json", "server", "./data"],
      '"--json" is not a flag of minio-ts. Flags of a command stand after it.',
    ],
    [["help", "serve"], '"serve" is not a command.'],
    [["server"], "the directory for the data is missing."],
    [["server", ""], "the directory for the data is missing."],
    [["server", "a", "b"], 'only one directory can be served, not "b" too.'],
    [["server", "--adress", ":9000", "a"], "Unknown option '--adress'.\n"],
    [["server", "a", "--address"], "argument missing.\n"],
    [["server", "--json=yes", "a"], "does not take an argument.\n"],
  ])("%j", async (words, text) => {
    const { code, out, err } = await minio(words);
    expect([code, err]).toEqual([1, ""]);
    expect(out).toContain(text);
    expect(readdirSync(place.home)).toEqual([]);
  });
});

describe("a server that cannot start exits with 1 and says why", () => {
  const data = () => join(place.home, "data");
  const server = (...words: string[]) => ["server", "--address", "127.0.0.1:0", ...words, data()];

  test("a bad address", async () => {
    const { code, out } = await minio(["server", "--address", ":90000", data()]);
    expect([code, out]).toEqual([
      1,
      'ERROR Unable to start the server: --address ":90000" has a port above 65535.\n' +
      "      > Write it as :9000, 192.0.2.1:9000, localhost:9000 or [::1]:9000, with a port from 0 to 65535.\n",
    ]);
  });

  test("a port in use", async () => {
    const other = createServer();
    await new Promise<void>((listening) => other.listen(0, "127.0.0.1", listening));
    const { port } = other.address() as AddressInfo;
    const { code, out } = await minio(["server", "--address", `127.0.0.1:${port}`, data()]);
    other.close();
    expect([code, out]).toEqual([
      1,
      `ERROR Unable to start the server: Address 127.0.0.1:${port} is already in use.\n` +
      "      > Stop the program that listens there, or choose another port with --address.\n",
    ]);
  });

  test("an address of another machine", async () => {
    const { code, out } = await minio(["server", "--address", "192.0.2.200:0", data()]);
    expect(code).toBe(1);
    expect(out).toContain("Address 192.0.2.200:0 is not an address of this machine.\n      > ");
  });

  test("a file in the place of the directory", async () => {
    writeFileSync(data(), "");
    const { code, out } = await minio(server());
    expect(code).toBe(1);
    expect(out).toBe(
      `ERROR Unable to open the storage: ${data()} is not a directory. Name a directory for the data.\n`,
    );
  });

  test("all faults of the settings at once, no secret, and no directory made", async () => {
    const { code, out, err } = await minio(server(), {
      MINIO_ROOT_USER: "me",
      MINIO_ROOT_PASSWORD: "hunter2",
      MINIO_SECRET_KEY_FILE: "/nowhere/secret",
      MINIO_REGION: "eu west",
    });
    expect([code, err]).toEqual([1, ""]);
    expect(out).toBe([
      "ERROR Unable to read the configuration from the environment.",
      "      > Correct these settings and start again.",
      "      HELP:",
      "        MINIO_SECRET_KEY_FILE names the file /nowhere/secret, which does not exist.",
      "        MINIO_ROOT_USER must have at least 3 characters.",
      "        MINIO_ROOT_PASSWORD must have at least 8 characters.",
      "        MINIO_REGION must be letters, digits and '-'.",
      "",
    ].join("\n"));
    expect(readdirSync(place.home)).toEqual([]);
  });

  test("with --json the reason is one line of JSON", async () => {
    const { code, out } = await minio(server("--json"), { MINIO_ROOT_USER: "me" });
    expect([code, out.trimEnd().includes("\n")]).toEqual([1, false]);
    const { level, time, error } = JSON.parse(out);
    expect(level).toBe("FATAL");
    expect(Date.parse(time)).toBeGreaterThan(0);
    expect(error).toEqual({
      message: "Unable to read the configuration from the environment.",
      hint: "Correct these settings and start again.",
      details: [
        "MINIO_ROOT_USER must have at least 3 characters.",
        "MINIO_ROOT_USER is set, but MINIO_ROOT_PASSWORD is not. Set both or neither.",
      ],
    });
  });

  test("a directory for certificates that does not exist", async () => {
    const { code, out } = await minio(server("--certs-dir", "nowhere"));
    expect(code).toBe(1);
    expect(out).toContain(
      `ERROR Unable to load the TLS certificate: The directory ${
        join(place.home, "nowhere")
      } does not exist.\n      > `,
    );
  });

  test("half a certificate in the default directory", async () => {
    const certs = join(place.home, ".minio/certs");
    mkdirSync(certs, { recursive: true });
    writeCertificate(certs);
    writeFileSync(join(certs, "private.key"), "no key");
    chmodSync(join(certs, "private.key"), 0o600);
    const { code, out } = await minio(server());
    expect(code).toBe(1);
    expect(out).toContain(
      `Unable to load the TLS certificate: ${join(certs, "private.key")} is not a private key`,
    );
  });
});
