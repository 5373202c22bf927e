import { Buffer } from "node:buffer";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { ACCESS_KEY, type RunningServer, SECRET_KEY } from "../running-server.ts";

/** Where Debian installs a client program, or `undefined` with a loud word that its tests are skipped. */
export function findProgram(name: string): string | undefined {
  const path = [`/usr/bin/${name}`, `/usr/local/bin/${name}`].find((candidate) => existsSync(candidate));
  if (path === undefined) console.warn(`SKIPPED: ${name} is not installed; its interop tests do not run`);
  return path;
}

/** What a program printed. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A client program with a home of its own that knows the credentials and trusts the certificate of a server. */
export class Client {
  readonly home = mkdtempSync(join(tmpdir(), "minio-ts-client-"));
  readonly #program: string;
  readonly #env: Readonly<Record<string, string>>;

  constructor(program: string, server: RunningServer, env: Readonly<Record<string, string>> = {}) {
    this.#program = program;
    this.#env = {
      PATH: process.env["PATH"] ?? "",
      HOME: this.home,
      AWS_ACCESS_KEY_ID: ACCESS_KEY,
      AWS_SECRET_ACCESS_KEY: SECRET_KEY,
      AWS_DEFAULT_REGION: "us-east-1",
      AWS_EC2_METADATA_DISABLED: "true",
      ...(server.url.startsWith("https:") ? { AWS_CA_BUNDLE: server.certificate } : {}),
      ...env,
    };
  }

  /** Runs it to its end, whatever that is. */
  attempt(...words: string[]): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const child = spawn(this.#program, words, { cwd: this.home, env: this.#env });
      let stdout = "";
      let stderr = "";
      child.stdout.on("data", (chunk: Buffer) => stdout += chunk.toString());
      child.stderr.on("data", (chunk: Buffer) => stderr += chunk.toString());
      child.once("error", reject);
      child.once("close", (code) => resolve({ code: code ?? -1, stdout, stderr }));
    });
  }

  /** Runs it and returns what it printed. @throws Error with everything printed unless it ends with 0 */
  async run(...words: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.attempt(...words);
    if (code !== 0) {
      throw new Error(`${this.#program} ${words.join(" ")}: exit code ${code}\n${stdout}\n${stderr}`);
    }
    return stdout;
  }

  remove(): void {
    rmSync(this.home, { recursive: true, force: true });
  }
}
