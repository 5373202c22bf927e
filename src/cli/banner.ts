import { networkInterfaces } from "node:os";
import type { Config } from "../config/config.ts";
import type { Address } from "../http/address.ts";

/** What a banner tells. */
export interface BannerFacts {
  readonly config: Config;
  readonly address: Address;
  /** The port that was bound. */
  readonly port: number;
  readonly secure: boolean;
  /** What the server keeps its objects in. */
  readonly storage: string;
  /** The KMS in one line, `none` without one. */
  readonly kms: string;
  readonly autoEncryption: boolean;
  /** What the `mc` line calls this server. */
  readonly alias: string;
  /** Whether a person reads it on a terminal: only there it shows credentials and colours. */
  readonly interactive: boolean;
}

/** The text that a server starts with. */
export function banner(facts: BannerFacts): string {
  const { config, interactive } = facts;
  const urls = endpoints(facts, localAddresses());
  const blue = (label: string) => interactive ? `\u001b[34m${label}\u001b[0m` : label;
  const row = (label: string, value: string) =>
    `${blue(`${label}:`)}${" ".repeat(16 - label.length)}${
      interactive ? `\u001b[1m${value}\u001b[0m` : value
    }`;
  const lines = [
    row(urls.length > 1 ? "Endpoints" : "Endpoint", urls.join("  ")),
    ...(interactive ? [row("AccessKey", config.rootUser), row("SecretKey", passwordOf(config))] : []),
    row("Region", config.region ?? "any"),
    row("Storage", facts.storage),
    row("KMS", facts.kms),
    row("Auto-encryption", facts.autoEncryption ? "on" : "off"),
  ];
  if (interactive) lines.push("", blue("Command-line Access:"), `   $ ${clientLine(facts, urls[0] ?? "")}`);
  return `${lines.join("\n")}\n\n`;
}

/** The same facts as one line of JSON, without credentials. */
export function jsonBanner(facts: BannerFacts): string {
  const { config: { region }, storage, kms, autoEncryption } = facts;
  const endpointList = endpoints(facts, localAddresses());
  const time = new Date().toISOString();
  return `${
    JSON.stringify({
      level: "INFO",
      time,
      message: "listening",
      endpoints: endpointList,
      region,
      storage,
      kms,
      autoEncryption,
    })
  }\n`;
}

/**
 * URLs under which the server can be reached. A server that listens on all interfaces has one for each.
 * @param local IPv4 addresses of this machine
 */
export function endpoints(
  { address: { host }, port, secure }: Pick<BannerFacts, "address" | "port" | "secure">,
  local: readonly string[],
): string[] {
  const everywhere = host === undefined || host === "0.0.0.0" || host === "::";
  const hosts = everywhere ? local : [host.includes(":") ? `[${host}]` : host];
  return hosts.map((name) => `${secure ? "https" : "http"}://${name}:${port}`);
}

/** IPv4 addresses of this machine, those that others can reach first. */
function localAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
    .filter(({ family }) => family === "IPv4");
  return [...all.filter(({ internal }) => !internal), ...all.filter(({ internal }) => internal)]
    .map(({ address }) => address);
}

function clientLine({ alias, config }: BannerFacts, url: string): string {
  return ["mc", "alias", "set", alias, url, config.rootUser, passwordOf(config)].map(shellWord).join(" ");
}

/** A word as a shell reads it back. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

function passwordOf({ rootPassword }: Config): string {
  return new TextDecoder().decode(rootPassword.reveal());
}
