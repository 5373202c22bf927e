import { execFile } from "node:child_process";
import type { Log } from "../log/log.ts";
import type { Terminal } from "./terminal.ts";

/** What a service manager wants to know of a server (sd_notify of systemd). */
export type ServiceState = "READY=1" | "STOPPING=1";

/**
 * Tells systemd how far the server is, where it asks for that by NOTIFY_SOCKET. No runtime speaks datagrams over Unix
 * sockets, so systemd's own program does; its unit says `NotifyAccess=all`. That it fails is logged and harms nothing.
 */
export function tellServiceManager(env: Terminal["env"], state: ServiceState, log: Log): void {
  if (env["NOTIFY_SOCKET"] === undefined || env["NOTIFY_SOCKET"] === "") return;
  execFile("systemd-notify", [state], (fault) => {
    if (fault !== null) log.warn(`systemd could not be told ${state}: ${fault.message.trim()}`);
  });
}
