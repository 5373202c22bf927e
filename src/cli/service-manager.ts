import { execFile } from "node:child_process";
import process from "node:process";
import type { Log } from "../log/log.ts";
import type { Terminal } from "./terminal.ts";

/** What a service manager wants to know of a server (sd_notify of systemd). */
export type ServiceState = "READY=1" | "STOPPING=1" | "WATCHDOG=1";

/** How long it may take to tell something, in milliseconds. */
const PATIENCE = 10_000;

/**
 * Tells systemd how far the server is, where it asks for that by NOTIFY_SOCKET. No runtime speaks datagrams over Unix
 * sockets, so systemd's own program does; its unit says `NotifyAccess=all`. That it fails is logged and harms nothing.
 */
export function tellServiceManager(env: Terminal["env"], state: ServiceState, log: Log): void {
  if (env["NOTIFY_SOCKET"] === undefined || env["NOTIFY_SOCKET"] === "") return;
  execFile("systemd-notify", [state], { timeout: PATIENCE }, (fault) => {
    if (fault !== null) log.warn(`systemd could not be told ${state}: ${fault.message.trim()}`);
  });
}

/**
 * Tells systemd again and again that the server is alive, where it asks for that by WATCHDOG_USEC: one whose event loop
 * stands still is started anew. Three times in its time, so that one of them may go astray.
 * @returns what stops it
 */
export function keepWatchdogCalm(env: Terminal["env"], log: Log): () => void {
  const period = Number(env["WATCHDOG_USEC"]) / 1000;
  const meant = env["WATCHDOG_PID"] ?? String(process.pid);
  if (!(period > 0) || meant !== String(process.pid)) return () => {};
  const timer = setInterval(() => tellServiceManager(env, "WATCHDOG=1", log), period / 3);
  return () => clearInterval(timer);
}
