/**
 * Tries the installed unit in all that an operator and systemd do to it; prints what it found as one line of JSON. For a
 * machine that is there for nothing else, as root:
 *
 *   bun tests/bundle/unit-trial.ts
 */
import { spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import process from "node:process";
import { setTimeout } from "node:timers/promises";
import { send } from "../raw-client.ts";
import { ACCESS_KEY, makeCertificate, SECRET_KEY } from "../running-server.ts";

const UNIT = "minio-ts";
const CONFIGURATION = "/etc/minio-ts";
const DROP_IN = `/etc/systemd/system/${UNIT}.service.d`;
const SERVER = { url: "http://127.0.0.1:9000", port: 9000, certificate: "" };
const MASTER_KEY = "01".repeat(32);
const BODY = new Uint8Array(10_000_000).fill(7);

function run(command: string, ...words: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command, words, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${words.join(" ")}: ${stderr}\n${journal()}`);
  return stdout.trim();
}

const systemctl = (...words: readonly string[]) => run("systemctl", ...words, UNIT);
const property = (name: string) => systemctl("show", "--value", `--property=${name}`);
const journal = () => spawnSync("journalctl", ["--unit", UNIT, "--output=cat"], { encoding: "utf8" }).stdout;

/** Whether systemd has brought the server back `times` times, and it is ready. */
async function isBack(times: number): Promise<boolean> {
  while (property("NRestarts") !== String(times) || property("ActiveState") !== "active") {
    await setTimeout(50);
  }
  return true;
}

async function stored(target: string): Promise<boolean> {
  const { status, headers, body } = await send(SERVER, { method: "GET", target });
  return status === 200 && headers.get("x-amz-server-side-encryption") === "AES256" && body.equals(BODY);
}

const main = () => Number(property("MainPID"));
const owner = (path: string) => `${run("stat", "--format=%U %a", path)}`;

writeFileSync(`${CONFIGURATION}/master-key`, `trial:${MASTER_KEY}\n`, { mode: 0o600 });
appendFileSync(
  `${CONFIGURATION}/minio-ts.env`,
  `MINIO_ROOT_USER=${ACCESS_KEY}\nMINIO_ROOT_PASSWORD=${SECRET_KEY}\n` +
    "MINIO_SSE_AUTO_ENCRYPTION=on\nMINIO_AUDIT_LOG_PATH=/var/log/minio-ts/audit.log\n",
);
mkdirSync(DROP_IN);
writeFileSync(
  `${DROP_IN}/trial.conf`,
  `[Service]\nRestartSec=0\nWatchdogSec=4s\nLoadCredential=master-key:${CONFIGURATION}/master-key\n` +
    "Environment=MINIO_SSE_MASTER_KEY_FILE=%d/master-key\n",
);
run("systemctl", "daemon-reload");
systemctl("start");

const bucket = await send(SERVER, { method: "PUT", target: "/trial" });
const put = await send(SERVER, { method: "PUT", target: "/trial/object", body: BODY });
const first = { statuses: [bucket.status, put.status], stored: await stored("/trial/object") };
const directories = [owner("/var/lib/minio-ts"), owner("/var/log/minio-ts")];

process.kill(main(), "SIGKILL");
const afterKill = await isBack(1) && await stored("/trial/object");
process.kill(main(), "SIGSTOP");
const afterStandstill = await isBack(2) && await stored("/trial/object");

makeCertificate(CONFIGURATION);
run("chgrp", UNIT, `${CONFIGURATION}/private.key`);
run("chmod", "640", `${CONFIGURATION}/private.key`);
systemctl("restart");
const secure = { ...SERVER, url: "https://127.0.0.1:9000", certificate: `${CONFIGURATION}/public.crt` };
const overTls = (await send(secure, { method: "HEAD", target: "/trial/object" })).status;
const before = main();
makeCertificate(CONFIGURATION);
systemctl("reload");
while (!journal().includes("the certificate was renewed")) await setTimeout(50);
const renewed = (await send(secure, { method: "HEAD", target: "/trial/object" })).status;
const reload = { overTls, renewed, sameProcess: main() === before };

systemctl("stop");
const told = journal();
console.log(JSON.stringify({
  first,
  directories,
  afterKill,
  afterStandstill,
  reload,
  end: [property("ActiveState"), property("Result")],
  watchdog: told.includes("Watchdog timeout"),
  // The runtime's words when it takes a signal for a fault of its own.
  crashReport: told.includes("bun.report"),
  audited: statSync("/var/log/minio-ts/audit.log").size > 0,
  untold: /systemd could not be told.*/.exec(told)?.[0] ?? "",
  secretInJournal: told.includes(SECRET_KEY) || told.includes(MASTER_KEY),
}));
