import { spawn } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout } from "node:timers/promises";
import { ACCESS_KEY, makeCertificate, type RunningServer, SECRET_KEY } from "../running-server.ts";

/** The executable of MinIO that the environment names; `undefined` for none. */
export const MINIO_BIN: string | undefined = process.env["MINIO_BIN"] || undefined;

/** What a MinIO under test can do, beside what every server does. */
export type RealMinio = Pick<RunningServer, "url" | "certificate"> & {
  /** Ends it, and removes all but the directory that it was given. */
  stop(): Promise<void>;
};

/**
 * Starts MinIO with TLS on a free port and waits until it listens.
 * @param command `server`, `gateway nas` or `gateway s3`
 * @param target the directory or the URL that it serves
 * @param trusted PEM file of the certificate of its backend
 */
export async function startMinio(
  command: readonly string[],
  target: string,
  env: Readonly<Record<string, string>>,
  trusted?: string,
): Promise<RealMinio> {
  const home = mkdtempSync(join(tmpdir(), "real-minio-"));
  const certificates = join(home, "certs");
  mkdirSync(join(certificates, "CAs"), { recursive: true });
  makeCertificate(certificates);
  if (trusted !== undefined) copyFileSync(trusted, join(certificates, "CAs", "backend.crt"));
  const port = await freePort();
  const words = [...command, "--certs-dir", certificates, "--address", `127.0.0.1:${port}`, target];
  const child = spawn(MINIO_BIN ?? "minio", words, {
    cwd: home,
    stdio: "ignore",
    env: {
      HOME: home,
      MINIO_UPDATE: "off",
      MINIO_ACCESS_KEY: ACCESS_KEY,
      MINIO_SECRET_KEY: SECRET_KEY,
      MINIO_ROOT_USER: ACCESS_KEY,
      MINIO_ROOT_PASSWORD: SECRET_KEY,
      ...env,
    },
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  while (!await listens(port)) {
    if (child.exitCode !== null) throw new Error(`MinIO ended with ${child.exitCode} before it listened`);
    await setTimeout(50);
  }
  return {
    url: `https://127.0.0.1:${port}`,
    certificate: join(certificates, "public.crt"),
    async stop() {
      child.kill("SIGKILL");
      await ended;
      rmSync(home, { recursive: true, force: true });
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("error", () => resolve(false));
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
  });
}
