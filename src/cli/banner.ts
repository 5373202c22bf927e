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
  /** Alias for the `mc` line. */
  readonly alias: string;
  readonly interactive: boolean;
}

/** URLs under which the server can be reached. */
export function endpoints(
  { address, port, secure }: Pick<BannerFacts, "address" | "port" | "secure">,
): string[] {
  const scheme = secure ? "https" : "http";
  const hosts = address.host === undefined || address.host === "0.0.0.0" || address.host === "::"
    ? Object.values(networkInterfaces()).flatMap((list) => list ?? [])
      .filter(({ family }) => family === "IPv4").map((info) => info.address)
    : [address.host.includes(":") ? `[${address.host}]` : address.host];
  return hosts.map((host) => `${scheme}://${host}:${port}`);
}

/** The text that the server starts with. Credentials appear on a terminal alone. */
export function banner(facts: BannerFacts): string {
  const { config, interactive } = facts;
  const urls = endpoints(facts);
  const blue = (label: string) => interactive ? `\u001b[34m${label}\u001b[0m` : label;
  const bold = (value: string) => interactive ? `\u001b[1m${value}\u001b[0m` : value;
  const row = (label: string, value: string) =>
    `${blue(`${label}:`)}${" ".repeat(18 - label.length)}${bold(value)}`;
  const password = new TextDecoder().decode(config.rootPassword.reveal());
  return [
    row("Endpoint", urls.join("  ")),
    ...(interactive ? [row("AccessKey", config.rootUser), row("SecretKey", password)] : []),
    row("Region", config.region),
    row("Storage", facts.storage),
    row("KMS", facts.kms),
    row("Auto-encryption", facts.autoEncryption ? "on" : "off"),
    ...(interactive
      ? [
        "",
        blue("Command-line Access:"),
        `   $ mc alias set ${facts.alias} ${urls[0] ?? ""} ${config.rootUser} ${password}`,
      ]
      : []),
    "",
  ].join("\n");
}

/** The same facts as one JSON object, without secrets. */
export function jsonBanner(facts: BannerFacts): string {
  const { config, storage, kms, autoEncryption } = facts;
  return JSON.stringify({
    level: "INFO",
    time: new Date().toISOString(),
    message: "listening",
    endpoints: endpoints(facts),
    region: config.region,
    storage,
    kms,
    autoEncryption,
  });
}

/** The warning about the well-known credentials. */
export const DEFAULT_CREDENTIALS_WARNING =
  "the default credentials minioadmin:minioadmin are in use, which everyone knows. " +
  "Set MINIO_ROOT_USER and MINIO_ROOT_PASSWORD.";
