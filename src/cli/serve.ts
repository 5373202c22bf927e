import { readFileSync } from "node:fs";
import { type Config, loadConfig } from "../config/config.ts";
import { type Address, AddressError, parseAddress } from "../http/address.ts";
import { listen, type Listening, type ListenOptions, type RequestHandler } from "../http/listen.ts";
import { createLog, type Log } from "../log/log.ts";
import { banner, jsonBanner } from "./banner.ts";
import { certificatesDirectory, loadCertificate, renewCertificate } from "./certificates.ts";
import { FatalError } from "./command.ts";
import type { ServeFlags } from "./serve-flags.ts";
import { keepWatchdogCalm, tellServiceManager } from "./service-manager.ts";
import { untilSignal } from "./signals.ts";
import { catchStrayErrors } from "./stray-errors.ts";
import type { Terminal } from "./terminal.ts";
import { warnAtStart } from "./warnings.ts";

/** What answers the requests, and what the banner says about it. */
export interface Service {
  readonly handler: RequestHandler;
  /** The `HostId` of error documents. */
  readonly hostId: string;
  /** What it keeps its objects in. */
  readonly storage: string;
  /** The KMS in one line, `none` without one. */
  readonly kms: string;
  readonly autoEncryption: boolean;
  /** Closes what the requests worked on. @param patience milliseconds that may be spent on what others wait for */
  close(patience: number): Promise<void>;
}

/** What others are waited for when requests have used up the time of the shutdown, in milliseconds. */
const LAST_PATIENCE = 250;

/**
 * Reads the configuration, opens the service, listens, prints the banner and serves until SIGTERM or SIGINT.
 * @param alias how the banner's `mc` line calls this server
 * @returns the exit code
 * @throws ConfigError, FatalError when it cannot begin
 */
export async function serve(
  flags: ServeFlags,
  alias: string,
  terminal: Terminal,
  open: (config: Config, log: Log) => Promise<Service>,
): Promise<number> {
  const log = createLog(flags);
  const config = loadConfig(terminal.env, (path) => readFileSync(path, "utf8"));
  const address = addressOf(flags.address);
  const certsDir = certificatesDirectory(flags.certsDir);
  const certificate = loadCertificate(certsDir);
  const service = await open(config, log);
  let patience = config.shutdownTimeout;
  try {
    const { handler, hostId } = service;
    const listening = await start(
      {
        ...{ address, certificate, handler, hostId, log, maxConnections: config.maxConnections },
        writeDeadline: config.pace.writeDeadline,
      },
      flags.address,
    );
    catchStrayErrors(log);
    warnAtStart(log, config, flags.certsDir, certificate);
    // Before the banner: who reads it may send a signal at once.
    const stopRenewing = certificate && renewCertificate(certsDir, certificate, listening, log);
    const signal = untilSignal();
    announce(flags, terminal, {
      ...service,
      config,
      address,
      alias,
      port: listening.port,
      secure: certificate !== undefined,
      interactive: terminal.interactive,
    });
    tellServiceManager(terminal.env, "READY=1", log);
    const stopWatchdog = keepWatchdogCalm(terminal.env, log);
    const farewell = `Exiting on signal: ${await signal}`;
    tellServiceManager(terminal.env, "STOPPING=1", log);
    stopWatchdog();
    stopRenewing?.();
    if (flags.json) log.info(farewell);
    else if (!flags.quiet) terminal.print(`${farewell}\n`);
    const began = performance.now();
    await listening.close(config.shutdownTimeout);
    patience = Math.max(LAST_PATIENCE, patience - (performance.now() - began));
    return 0;
  } finally {
    await service.close(patience);
  }
}

function announce(
  { json, quiet }: ServeFlags,
  terminal: Terminal,
  facts: Parameters<typeof banner>[0],
): void {
  if (quiet) return;
  terminal.print(json ? jsonBanner(facts) : banner(facts));
}

function addressOf(text: string): Address {
  try {
    return parseAddress(text);
  } catch (thrown) {
    if (!(thrown instanceof AddressError)) throw thrown;
    throw new FatalError(`Unable to start the server: --address ${thrown.message}`, {
      hint: "Write it as :9000, 192.0.2.1:9000, localhost:9000 or [::1]:9000, with a port from 0 to 65535.",
    });
  }
}

/** What to do about the errors that a person can do something about. */
const LISTEN_HINTS: Readonly<Record<string, readonly [fault: string, hint: string]>> = {
  EADDRINUSE: [
    "is already in use.",
    "Stop the program that listens there, or choose another port with --address.",
  ],
  EACCES: [
    "may not be used by this user.",
    "Choose a port above 1023 with --address, or give the program the right to bind it.",
  ],
  EADDRNOTAVAIL: ["is not an address of this machine.", "Give --address one of its own, or :PORT for all."],
  ENOTFOUND: ["has a host name that cannot be found.", "Give --address an IP address, or :PORT for all."],
};

async function start(options: ListenOptions, text: string): Promise<Listening> {
  try {
    return await listen(options);
  } catch (thrown) {
    const code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "";
    const [fault, hint] = LISTEN_HINTS[code] ?? [`cannot be listened on: ${String(thrown)}`];
    throw new FatalError(`Unable to start the server: Address ${text} ${fault}`, {
      ...(hint === undefined ? {} : { hint }),
      cause: thrown,
    });
  }
}
