import { Buffer } from "node:buffer";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";

/** The runtimes that this source runs on. */
export type Runtime = "bun" | "deno" | "node";

const ROOT = resolve(import.meta.dirname, "..");

/** How each runtime runs a script of this source. */
export const RUNTIME_COMMANDS: Readonly<Record<Runtime, readonly [string, ...string[]]>> = {
  bun: [join(ROOT, "node_modules/.bin/bun")],
  deno: [join(ROOT, "node_modules/deno/deno"), "run", "-A"],
  node: [join(ROOT, "node_modules/node/bin/node"), "--disable-warning=ExperimentalWarning"],
};

/** The executable that the tests are to run in the place of the source. */
const EXECUTABLE = process.env["MINIO_TS_EXECUTABLE"];

/** The command that `minio-ts` stands for: the source on a runtime, or the executable where none is asked for. */
export function minioCommand(runtime?: Runtime): readonly [string, ...string[]] {
  if (runtime === undefined && EXECUTABLE !== undefined) return [resolve(ROOT, EXECUTABLE)];
  return [...RUNTIME_COMMANDS[runtime ?? "bun"], join(ROOT, "main.ts")];
}

/** The runtimes that are there to be tested. An installation by Deno alone brings no Node. */
export function installedRuntimes(): readonly Runtime[] {
  const all: readonly Runtime[] = ["bun", "deno", "node"];
  const installed = all.filter((runtime) => existsSync(RUNTIME_COMMANDS[runtime][0]));
  for (const runtime of all) {
    if (!installed.includes(runtime)) console.log(`SKIPPED: ${runtime} is not installed`);
  }
  return installed;
}

export const ACCESS_KEY = "testaccess";
export const SECRET_KEY = "testsecretkey";

export interface ServerOptions {
  readonly runtime?: Runtime;
  /** What runs `minio-ts`, instead of the source on that runtime. */
  readonly program?: readonly [string, ...string[]];
  /** What runs; `server` otherwise. */
  readonly command?: readonly string[];
  /** Serve https with a certificate for localhost and 127.0.0.1. */
  readonly tls?: boolean;
  /** Data directory to reuse; a fresh one otherwise. */
  readonly directory?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Serve what the backend at this URL keeps, instead of a directory. */
  readonly gateway?: string;
}

/** The executable, running as a user would run it. */
export interface RunningServer {
  /** `http://127.0.0.1:PORT` or https. */
  readonly url: string;
  readonly port: number;
  readonly directory: string;
  /** PEM file of the certificate, for clients that have to trust it. */
  readonly certificate: string;
  /** Everything printed so far. */
  printed(): string;
  /** SIGTERM; resolves to the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL, in the middle of whatever it does. */
  kill(): Promise<void>;
  /** Removes the directory, unless the caller gave it. */
  remove(): void;
}

/** Starts `minio-ts server`, or `minio-ts gateway s3`, on a free port and waits for its banner. */
export async function startServer(options: ServerOptions = {}): Promise<RunningServer> {
  const [command, ...words] = options.program ?? minioCommand(options.runtime);
  const home = mkdtempSync(join(tmpdir(), "minio-ts-test-"));
  const directory = options.directory ?? join(home, "data");
  const certificates = join(home, "certs");
  mkdirSync(certificates);
  if (options.tls) makeCertificate(certificates);
  const child = spawn(
    command,
    [
      ...words,
      ...options.gateway === undefined ? options.command ?? ["server"] : ["gateway", "s3"],
      "--address",
      "127.0.0.1:0",
      "--certs-dir",
      certificates,
      options.gateway ?? directory,
    ],
    {
      cwd: home,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        PATH: process.env["PATH"],
        HOME: home,
        MINIO_ROOT_USER: ACCESS_KEY,
        MINIO_ROOT_PASSWORD: SECRET_KEY,
        ...options.env,
      },
    },
  );
  let printed = "";
  const port = await new Promise<number>((found, fail) => {
    const take = (chunk: Buffer) => {
      printed += chunk.toString();
      const match = /Endpoint:\s+https?:\/\/127\.0\.0\.1:(\d+)/.exec(printed);
      if (match !== null) found(Number(match[1]));
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.once("error", fail);
    child.once("exit", (code) => fail(new Error(`the server ended with ${code}:\n${printed}`)));
  });
  return {
    url: `${options.tls ? "https" : "http"}://127.0.0.1:${port}`,
    port,
    directory,
    certificate: join(certificates, "public.crt"),
    printed: () => printed,
    stop: () => end(child, "SIGTERM"),
    kill: async () => void await end(child, "SIGKILL"),
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
}

function end(child: ChildProcess, signal: "SIGTERM" | "SIGKILL"): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((ended) => {
    child.removeAllListeners("exit");
    child.once("exit", (code) => ended(code));
    child.kill(signal);
  });
}

/** Writes `public.crt` and `private.key` for localhost and 127.0.0.1 into a directory. */
export function makeCertificate(directory: string): void {
  execFileSync("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"],
    ...["-keyout", join(directory, "private.key"), "-out", join(directory, "public.crt")],
    ...["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
  ], { stdio: "ignore" });
}
