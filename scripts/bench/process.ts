import { Buffer } from "node:buffer";
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Server } from "node:http";
import process from "node:process";

/** A server under measurement. */
export interface Measured {
  readonly port: number;
  readonly pid: number;
  /** CPU seconds (user and system) used so far. */
  cpu(): number;
  /** Resident MB now, and at its highest since the last `resetPeak`. */
  memory(): { now: number; peak: number };
  stop(): Promise<void>;
}

/** Clock ticks per second of `/proc/PID/stat`; 100 on every Linux that this runs on. */
const TICKS = 100;

/** Finds the port of a server of this source in what it prints when it starts. */
export const ENDPOINT_PRINTED = /Endpoint: *http:\/\/127\.0\.0\.1:(\d+)/;

/** Finds the port that `listenMeasured` has printed. */
export const PORT_PRINTED = /"port":(\d+)/;

/** Lets a server listen on a free port of loopback, and prints which. */
export function listenMeasured(server: Server): void {
  server.listen(0, "127.0.0.1", () => process.stdout.write(`${JSON.stringify(server.address())}\n`));
}

/**
 * Starts a command that listens on loopback, and waits until it prints a port.
 * @param portIn finds the port in what it has printed so far
 */
export function startMeasured(
  command: string,
  words: readonly string[],
  env: Readonly<Record<string, string>>,
  portIn: RegExp,
): Promise<Measured> {
  const child = spawn(command, words, {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  return new Promise((resolve, reject) => {
    let printed = "";
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`${command} ended with ${code} before it listened`)));
    child.stdout.on("data", (chunk: Buffer) => {
      printed += chunk.toString();
      const port = portIn.exec(printed)?.[1];
      if (port !== undefined) resolve(measured(child, Number(port)));
    });
  });
}

function measured(child: ChildProcess, port: number): Measured {
  const pid = child.pid ?? 0;
  return {
    port,
    pid,
    cpu() {
      const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
      return (Number(fields[11]) + Number(fields[12])) / TICKS;
    },
    memory() {
      const status = readFileSync(`/proc/${pid}/status`, "utf8");
      const read = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1000;
      return { now: read("VmRSS"), peak: read("VmHWM") };
    },
    stop() {
      return new Promise((resolve) => {
        child.removeAllListeners("exit");
        child.once("exit", () => resolve());
        child.kill("SIGTERM");
      });
    },
  };
}
