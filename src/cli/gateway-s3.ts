import { createHash } from "node:crypto";
import { type Config, ConfigError } from "../config/config.ts";
import type { Log } from "../log/log.ts";
import { KmsMeter } from "../metrics/kms-meter.ts";
import { passThroughSse } from "../sse/pass-through.ts";
import { type Endpoint, parseEndpoint, regionOfHost } from "../store/s3/client/endpoint.ts";
import type { BackendCredentials } from "../store/s3/client/signer.ts";
import { keyRules, mayCarryKeys } from "../store/s3/encryption-headers.ts";
import { openRemoteStore } from "../store/s3/open.ts";
import { ProbeError } from "../store/s3/probe.ts";
import type { Store } from "../store/store.ts";
import { assembleService } from "./assemble-service.ts";
import { FatalError, UsageError } from "./command.ts";
import { configuredKms, requireWorkingKms } from "./configured-kms.ts";
import { gatewayEncryption } from "./encryption.ts";
import { serve, type Service } from "./serve.ts";
import { parseServeFlags } from "./serve-flags.ts";
import type { Terminal } from "./terminal.ts";

const DEFAULT_BACKEND = "https://s3.amazonaws.com";
const DEFAULT_REGION = "us-east-1";

/** `minio-ts gateway s3 [URL]`: S3 in front of another S3. */
export async function gatewayS3(words: readonly string[], terminal: Terminal): Promise<number> {
  const { flags, positionals: [url = DEFAULT_BACKEND, ...others] } = parseServeFlags(words);
  if (others.length > 0) throw new UsageError(`there is only one backend, not "${others.join(" ")}" too.`);
  return await serve(flags, "mygateway", terminal, (config, log) => openService(url, config, log));
}

async function openService(url: string, config: Config, log: Log): Promise<Service> {
  const endpoint = endpointOf(url, config);
  const credentials = backendCredentials(config);
  requireWayForKeys(endpoint, config);
  const { encryption, gateway } = config;
  const meter = new KmsMeter();
  const kms = configuredKms(encryption, log, meter);
  if (kms !== undefined) await requireWorkingKms(kms);
  const opened = {
    store: await openStore(endpoint, credentials, config, kms !== undefined),
    sse: kms === undefined ? passThroughSse() : gatewayEncryption(kms, encryption, gateway.doubleSse),
    hostId: createHash("sha256").update(urlOf(endpoint)).digest("hex").slice(0, 32),
    storage: `${urlOf(endpoint)} (s3 gateway, ${modeLine(config, kms !== undefined)})`,
    kms: kms && { service: kms, meter },
  };
  return assembleService(opened, config, log);
}

/** What is encrypted where, in a few words. */
function modeLine({ gateway: { doubleSse } }: Config, encrypts: boolean): string {
  if (!encrypts) return "passes encryption through";
  const kinds = [...(doubleSse?.s3 === true ? ["SSE-S3"] : []), ...(doubleSse?.c === true ? ["SSE-C"] : [])];
  return kinds.length === 0 ? "encrypts" : `encrypts, and the backend ${kinds.join(" and ")} as well`;
}

/**
 * SSE-C at the backend takes TLS to the backend.
 * @throws ConfigError
 */
function requireWayForKeys(endpoint: Endpoint, { gateway }: Config): void {
  if (gateway.doubleSse?.c !== true || mayCarryKeys(keyRules(endpoint, gateway.keysOverHttp))) return;
  throw new ConfigError([
    "MINIO_GATEWAY_SSE asks for SSE-C at the backend, but its URL begins with http://, where no keys are sent. " +
    "Give the gateway an https:// URL, or take c out of MINIO_GATEWAY_SSE.",
  ]);
}

function endpointOf(url: string, { gateway }: Config): Endpoint {
  try {
    return parseEndpoint(url, gateway.addressing);
  } catch (thrown) {
    throw new UsageError(`the URL of the backend ${thrown instanceof Error ? thrown.message : ""}.`);
  }
}

/** Who the gateway is at its backend. @throws ConfigError for half of the credentials */
function backendCredentials({ gateway: { aws }, rootUser, rootPassword }: Config): BackendCredentials {
  const { accessKey, secretKey, sessionToken } = aws;
  if (accessKey === undefined && secretKey === undefined) {
    if (sessionToken === undefined) return { accessKey: rootUser, secretKey: rootPassword };
    throw new ConfigError([
      "AWS_SESSION_TOKEN is set, but AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not.",
    ]);
  }
  if (accessKey === undefined) {
    throw new ConfigError([
      "AWS_SECRET_ACCESS_KEY is set, but AWS_ACCESS_KEY_ID is not. Set both or neither.",
    ]);
  }
  if (secretKey === undefined) {
    throw new ConfigError([
      "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not. Set both or neither.",
    ]);
  }
  return { accessKey, secretKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}

async function openStore(
  endpoint: Endpoint,
  credentials: BackendCredentials,
  config: Config,
  encrypts: boolean,
): Promise<Store> {
  const { authorities, keysOverHttp } = config.gateway;
  try {
    return await openRemoteStore({
      endpoint,
      credentials,
      region: config.region ?? regionOfHost(endpoint.host) ?? DEFAULT_REGION,
      ...(authorities === undefined ? {} : { authorities }),
      keysOverLoopback: keysOverHttp,
      encrypts,
    });
  } catch (thrown) {
    if (!(thrown instanceof ProbeError)) throw thrown;
    throw new FatalError(`Unable to use the backend: ${urlOf(endpoint)} ${thrown.message}.`, {
      hint: thrown.hint,
      cause: thrown,
    });
  }
}

function urlOf({ secure, authority }: Endpoint): string {
  return `${secure ? "https" : "http"}://${authority}`;
}
