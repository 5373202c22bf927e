import { percentEncodePath } from "../../../http/percent.ts";

/** Where buckets stand in a request: `host/bucket/key`, or `bucket.host/key`. */
export type Addressing = "path" | "virtual-host";

/** Another S3 server. */
export interface Endpoint {
  readonly secure: boolean;
  readonly host: string;
  readonly port: number;
  /** `host` or `host:port`, as the Host header has it. */
  readonly authority: string;
  readonly addressing: Addressing;
}

/** Where one request goes. */
export interface Target {
  /** Name to connect to, and to find in the certificate. */
  readonly host: string;
  /** For the Host header. */
  readonly authority: string;
  /** Percent-encoded, without query. */
  readonly path: string;
}

/**
 * The endpoint that a URL names.
 * @param addressing `undefined` for what its operator is known to want: virtual hosts at AWS, paths elsewhere
 * @throws Error with what is wrong with the URL, in words that go on after it
 */
export function parseEndpoint(text: string, addressing: Addressing | undefined): Endpoint {
  const url = URL.parse(/^[a-z]+:\/\//i.test(text) ? text : `https://${text}`);
  if (url === null) throw new Error("is not a URL");
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new Error("must begin with http:// or https://");
  }
  if (url.username !== "" || url.password !== "") {
    throw new Error("must not hold credentials: they belong into the environment");
  }
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "") {
    throw new Error("must be a server without a path behind it");
  }
  const secure = url.protocol === "https:";
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  return {
    secure,
    host,
    port: url.port === "" ? (secure ? 443 : 80) : Number(url.port),
    authority: url.host,
    addressing: addressing ?? (isAws(host) ? "virtual-host" : "path"),
  };
}

/** Whether a host is one of AWS's own. */
function isAws(host: string): boolean {
  return /(^|\.)amazonaws\.com(\.cn)?$/.test(host);
}

/** The region in the name of a host of AWS, `undefined` for other hosts and names without one. */
export function regionOfHost(host: string): string | undefined {
  if (!isAws(host)) return undefined;
  return /(?:^|\.)s3[.-](?:dualstack\.)?([a-z]{2}(?:-[a-z]+)+-\d)\./.exec(host)?.[1];
}

/** Whether a host is this machine itself, where nobody listens in between. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** Where a request on this bucket and key goes; `""` for none. */
export function targetOf(endpoint: Endpoint, bucket: string, key: string): Target {
  const { host, authority } = endpoint;
  const object = percentEncodePath(key);
  if (bucket === "") return { host, authority, path: "/" };
  if (usesVirtualHost(endpoint, bucket)) {
    return { host: `${bucket}.${host}`, authority: `${bucket}.${authority}`, path: `/${object}` };
  }
  return { host, authority, path: key === "" ? `/${bucket}` : `/${bucket}/${object}` };
}

/** A wildcard certificate covers one label, and not every old name of a bucket is one. */
function usesVirtualHost({ addressing, secure }: Endpoint, bucket: string): boolean {
  if (addressing !== "virtual-host" || !/^[a-z0-9][a-z0-9.-]*[a-z0-9]$/.test(bucket)) return false;
  return !secure || !bucket.includes(".");
}
