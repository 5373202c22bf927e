import { readdir, readFile } from "node:fs/promises";
import process from "node:process";

/** What the process costs its machine. Figures that the system does not tell are left out. */
export interface ProcessFigures {
  /** Seconds of CPU, in the system and outside of it. */
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  /** Seconds since the epoch. */
  readonly startTime: number;
  readonly uptimeSeconds: number;
  readonly openFiles: number | undefined;
  readonly maxFiles: number | undefined;
}

const STARTED = Date.now() / 1000 - process.uptime();

export async function processFigures(): Promise<ProcessFigures> {
  const { user, system } = process.cpuUsage();
  const [openFiles, maxFiles] = await Promise.all([countOpenFiles(), readMaxFiles()]);
  return {
    cpuSeconds: (user + system) / 1e6,
    residentBytes: process.memoryUsage.rss(),
    startTime: STARTED,
    uptimeSeconds: process.uptime(),
    openFiles,
    maxFiles,
  };
}

async function countOpenFiles(): Promise<number | undefined> {
  try {
    return (await readdir("/proc/self/fd")).length;
  } catch {
    return undefined;
  }
}

async function readMaxFiles(): Promise<number | undefined> {
  try {
    const digits = /^Max open files\s+(\d+)/m.exec(await readFile("/proc/self/limits", "utf8"))?.[1];
    return digits === undefined ? undefined : Number(digits);
  } catch {
    return undefined;
  }
}
