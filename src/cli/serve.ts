import process from "node:process";
import type { Config } from "../config/config.ts";
import { type Address, parseAddress } from "../http/address.ts";
import { type Certificate, CertificateError, readCertificate } from "../http/certificate.ts";
import { listen, type Listening, type RequestHandler } from "../http/listen.ts";
import type { Log } from "../log/log.ts";
import { banner, DEFAULT_CREDENTIALS_WARNING, jsonBanner } from "./banner.ts";
import { FatalError, type Terminal } from "./command.ts";

/** How long requests in flight may take after a signal, in milliseconds. */
const SHUTDOWN_DEADLINE = 10_000;

/** What every serving command has in common. */
export interface Serving {
  readonly address: string;
  readonly certsDir: string;
  readonly config: Config;
  readonly storage: string;
  readonly kms: string;
  readonly autoEncryption: boolean;
  readonly alias: string;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly log: Log;
  readonly terminal: Terminal;
  /** Closes what the requests worked on. */
  readonly close: () => Promise<void>;
}

/**
 * Listens, prints the banner, and serves until SIGTERM or SIGINT.
 * @returns the exit code
 * @throws FatalError when it cannot begin
 */
export async function serve(handler: RequestHandler, serving: Serving): Promise<number> {
  const { log, terminal, json, quiet, config } = serving;
  try {
    const address = addressOf(serving.address);
    const certificate = certificateIn(serving.certsDir);
    const listening = await start(address, certificate, handler, serving.address);
    if (config.defaultCredentials) log.warn(DEFAULT_CREDENTIALS_WARNING);
    if (certificate !== undefined && certificate.validTo < Date.now()) {
      log.warn(`the certificate in ${serving.certsDir} has expired. Clients will refuse it.`);
    }
    const { interactive } = terminal;
    const facts = {
      ...serving,
      address,
      port: listening.port,
      secure: certificate !== undefined,
      interactive,
    };
    if (json) terminal.print(`${jsonBanner(facts)}\n`);
    else if (!quiet) terminal.print(banner(facts));
    process.on("SIGHUP", () => void renew(listening, serving, certificate !== undefined));
    const signal = await untilSignal();
    if (!quiet && !json) terminal.print(`Exiting on signal: ${signal}\n`);
    await listening.close(SHUTDOWN_DEADLINE);
    return 0;
  } finally {
    await serving.close();
  }
}

function addressOf(text: string): Address {
  try {
    return parseAddress(text);
  } catch (thrown) {
    throw new FatalError(
      `Unable to start the server: --address ${thrown instanceof Error ? thrown.message : thrown}`,
    );
  }
}

function certificateIn(directory: string): Certificate | undefined {
  try {
    return readCertificate(directory);
  } catch (thrown) {
    if (thrown instanceof CertificateError) {
      throw new FatalError(`Unable to load the TLS certificate: ${thrown.message}`);
    }
    throw thrown;
  }
}

async function start(
  address: Address,
  certificate: Certificate | undefined,
  handler: RequestHandler,
  text: string,
): Promise<Listening> {
  try {
    return await listen(address, certificate, handler);
  } catch (thrown) {
    const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
    const reason = code === "EADDRINUSE"
      ? "another program listens there. Stop it, or choose another port with --address."
      : code === "EACCES"
      ? "this user may not use that port. Choose one above 1023 with --address."
      : code === "EADDRNOTAVAIL" || code === "ENOTFOUND"
      ? "this machine has no such address."
      : thrown instanceof Error
      ? thrown.message
      : String(thrown);
    throw new FatalError(`Unable to listen on ${text}: ${reason}`, { cause: thrown });
  }
}

/** Reads the certificate again; a bad one leaves the old one in use. */
async function renew(listening: Listening, { certsDir, log }: Serving, secure: boolean): Promise<void> {
  try {
    const certificate = secure ? readCertificate(certsDir) : undefined;
    if (certificate !== undefined) await listening.renew(certificate);
  } catch (thrown) {
    log.error("the certificate was not renewed; the old one stays in use", thrown);
  }
}

/** Resolves at the first signal to end; a second one ends the process at once. */
function untilSignal(): Promise<string> {
  return new Promise((resolve) => {
    let asked = false;
    const take = (name: string) => () => {
      if (asked) process.exit(1);
      asked = true;
      resolve(name);
    };
    process.on("SIGTERM", take("TERMINATED"));
    process.on("SIGINT", take("INTERRUPT"));
  });
}
