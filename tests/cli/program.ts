import { Buffer } from "node:buffer";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { minioCommand, type Runtime } from "../running-server.ts";

/** Bun keeps what it has compiled in HOME, which is a new one for every test. */
const BUN_CACHE = join(homedir(), ".bun/install/cache/@t@");

/** How a run of the executable ended. */
export interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** The executable while it runs. */
export interface Program {
  readonly child: ChildProcess;
  readonly out: () => string;
  readonly err: () => string;
  readonly ended: Promise<Outcome>;
  /** Waits until standard output or error holds `text`. @throws when the program ends before */
  printed(text: string | RegExp): Promise<string>;
}

/** A directory of its own for one test; `home` is the HOME of every program in it. */
export interface Place {
  readonly home: string;
  remove(): void;
}

export function newPlace(): Place {
  const home = mkdtempSync(join(tmpdir(), "minio-ts-cli-"));
  return { home, remove: () => rmSync(home, { recursive: true, force: true }) };
}

/**
 * Starts the executable with nothing of this process's environment but the path.
 * @param under a command that runs it: what it takes before the executable
 */
export function start(
  { home }: Place,
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
  runtime?: Runtime,
  under: readonly string[] = [],
): Program {
  const [command = "", ...rest] = [...under, ...minioCommand(runtime), ...words];
  const child = spawn(command, rest, {
    cwd: home,
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env["PATH"], HOME: home, BUN_RUNTIME_TRANSPILER_CACHE_PATH: BUN_CACHE, ...env },
  });
  let out = "";
  let err = "";
  let wake = () => {};
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString();
    wake();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    err += chunk.toString();
    wake();
  });
  const ended = new Promise<Outcome>((settle) => {
    child.once("error", (error) => {
      settle({ code: null, out, err: String(error) });
      wake();
    });
    child.once("close", (code) => {
      settle({ code, out, err });
      wake();
    });
  });
  return {
    child,
    out: () => out,
    err: () => err,
    ended,
    async printed(text) {
      const found = () => typeof text === "string" ? (out + err).includes(text) : text.test(out + err);
      while (!found()) {
        if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode}:\n${out}${err}`);
        await new Promise<void>((resolve) => void (wake = resolve));
      }
      return out + err;
    },
  };
}

/** Runs the executable to its end. */
export function run(...program: Parameters<typeof start>): Promise<Outcome> {
  return start(...program).ended;
}

/** The port in what a server has printed. */
export function portIn(printed: string): number {
  return Number(/https?:\/\/[^\s"]*:(\d+)/.exec(printed)?.[1]);
}
