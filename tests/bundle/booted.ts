import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";

const ROOT = resolve(import.meta.dirname, "../..");

/** How long a machine may take, in milliseconds: one that hangs would hold up the tests for ever. */
const PATIENCE = 100_000;

/** The program to run is a unit of its own; the machine ends with it. */
const UNIT = `[Unit]
SuccessAction=exit
FailureAction=exit
[Service]
Type=oneshot
WorkingDirectory=/run/trial
ExecStart=/bin/sh /run/trial/script
StandardOutput=file:/run/trial/output
StandardError=inherit
`;

/** Everything that is written to the machine's root lands in memory. */
const BOOT = `
mkdir -p /run/trial && mount -t tmpfs none /run && mkdir /run/trial && cd /run/trial && mkdir upper work root
mount -t overlay -o lowerdir=/,upperdir=upper,workdir=work overlay root
cp "$1/trial.service" root/etc/systemd/system/
exec systemd-nspawn --quiet --register=no --keep-unit --private-network --machine="minio-ts-$$" \\
  --directory=root --bind="$1":/run/trial --bind-ro="$2" --boot --console=pipe systemd.unit=trial.service
`;

/**
 * Runs a shell script as root in a copy of this machine that its own systemd has booted, without network. The script
 * begins in `directory`, which is the only place where it can leave anything.
 * @returns what it printed
 * @throws Error when it fails, or when no machine can be booted here
 */
export function runBooted(directory: string, script: string): string {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, "trial.service"), UNIT);
  writeFileSync(join(directory, "script"), script);
  writeFileSync(join(directory, "output"), "");
  const { status, stdout, stderr } = spawnSync(
    "unshare",
    ["--mount", "sh", "-euc", BOOT, "sh", resolve(directory), ROOT],
    {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      env: { PATH: process.env["PATH"] },
      timeout: PATIENCE,
      killSignal: "SIGKILL",
    },
  );
  const output = readFileSync(join(directory, "output"), "utf8");
  if (status !== 0) throw new Error(`${output}${stdout}${stderr}`);
  return output;
}

/** Whether a copy of this machine can be booted here. @param directory for what it takes */
export function canBoot(directory: string): boolean {
  try {
    return runBooted(directory, "systemctl is-system-running; echo booted").endsWith("booted\n");
  } catch {
    return false;
  }
}
