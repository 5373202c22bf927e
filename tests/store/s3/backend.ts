import process from "node:process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createApp } from "../../../src/app.ts";
import { staticCredentials } from "../../../src/auth/credentials.ts";
import { nativeAead } from "../../../src/crypto/aead-native.ts";
import { Secret } from "../../../src/crypto/secret.ts";
import { readCertificate } from "../../../src/http/certificate.ts";
import { listen, type RequestHandler } from "../../../src/http/listen.ts";
import type { Kms } from "../../../src/kms/kms.ts";
import { masterKeyKms } from "../../../src/kms/master-key.ts";
import { createLog, type Log } from "../../../src/log/log.ts";
import { createDispatcher } from "../../../src/s3/dispatch.ts";
import { createSse } from "../../../src/sse/create.ts";
import { storeKeyDigests } from "../../../src/sse/digests.ts";
import { openStoreKey } from "../../../src/sse/store-key.ts";
import type { Sse } from "../../../src/sse/sse.ts";
import { openEmbeddedStore } from "../../../src/store/embedded/open.ts";
import { parseEndpoint } from "../../../src/store/s3/client/endpoint.ts";
import { openRemoteStore, type RemoteStoreOptions } from "../../../src/store/s3/open.ts";
import type { Store } from "../../../src/store/store.ts";
import { makeCertificate } from "../../running-server.ts";

/** Credentials of everything that runs within this process. */
export const ACCESS_KEY = "testaccess";
export const SECRET_KEY = "testsecretkey";

/** What comes before the server. */
export type Trouble = (...request: Parameters<RequestHandler>) => boolean | Promise<boolean>;

/** One request that arrived at a backend. */
export interface Arrived {
  readonly method: string;
  /** Path and query as they were sent. */
  readonly target: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/** That of a backend which encrypts itself. */
export const BACKEND_KMS: Kms = masterKeyKms({
  keyId: "backend-key",
  key: new Secret(new Uint8Array(32).fill(1, 31)),
});

export interface BackendOptions {
  readonly tls?: boolean;
  /** That of the backend itself. */
  readonly kms?: Kms;
  /** What it keeps its objects in; our own storage otherwise. */
  readonly open?: (directory: string) => Promise<Store>;
  /** Stands before the server: answers itself by returning true, and holds a request until its promise resolves. */
  readonly trouble?: Trouble;
}

/** Our own server as a backend, within this process, and a look at what arrives there and what it keeps. */
export interface TestBackend {
  readonly url: string;
  readonly store: Store;
  readonly sse: Sse;
  /** PEM file of its certificate. */
  readonly certificate: string;
  /** Requests so far, the oldest first. Empty it to look at what one step sends. */
  readonly arrived: Arrived[];
  readonly options: RemoteStoreOptions;
  close(): Promise<void>;
}

export async function startBackend(options: BackendOptions = {}): Promise<TestBackend> {
  const home = mkdtempSync(join(tmpdir(), "minio-ts-backend-"));
  const store = await (options.open ?? openEmbeddedStore)(join(home, "data"));
  const { kms } = options;
  const sse = createSse({
    kms,
    aead: nativeAead,
    digests: storeKeyDigests(kms && await openStoreKey(store, kms)),
    encryptsByDefault: async (bucket) =>
      kms !== undefined && await store.getBucketDocument(bucket, "encryption") !== undefined,
  });
  const certificates = join(home, "certs");
  mkdirSync(certificates);
  if (options.tls === true) makeCertificate(certificates);
  const arrived: Arrived[] = [];
  const serving = await serveStore(store, sse, certificates, (incoming, outgoing) => {
    const { method = "", url = "", rawHeaders } = incoming;
    const headers: Record<string, string> = {};
    for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
      headers[(rawHeaders[i] ?? "").toLowerCase()] = rawHeaders[i + 1] ?? "";
    }
    arrived.push({ method, target: url, headers });
    return options.trouble?.(incoming, outgoing) ?? false;
  });
  return {
    url: serving.url,
    store,
    sse,
    certificate: serving.certificate,
    arrived,
    options: {
      endpoint: parseEndpoint(serving.url, undefined),
      credentials: { accessKey: ACCESS_KEY, secretKey: Secret.fromText(SECRET_KEY) },
      region: "us-east-1",
      ...(serving.pem === undefined ? {} : { authorities: [serving.pem] }),
      keysOverLoopback: false,
      encrypts: false,
    },
    async close() {
      await serving.close();
      await store.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** A server that answers on a free port. */
export interface Serving {
  readonly url: string;
  /** Path of `public.crt`. */
  readonly certificate: string;
  readonly pem: string | undefined;
  close(): Promise<void>;
}

/**
 * Serves a store on a free port.
 * @param certificates directory with a certificate, or an empty one for HTTP
 * @param first as the trouble of a backend
 */
export async function serveStore(
  store: Store,
  sse: Sse,
  certificates: string,
  first: Trouble = () => false,
): Promise<Serving> {
  const log = quietLog();
  const s3 = createDispatcher({
    store,
    sse,
    credentials: staticCredentials([{ accessKey: ACCESS_KEY, secretKey: Secret.fromText(SECRET_KEY) }]),
    region: undefined,
    domains: [],
    deploymentId: "test",
    log,
  });
  const app = createApp({ s3, ready: async () => true, hostId: "test", log });
  const certificate = readCertificate(certificates);
  const listening = await listen({
    address: { host: "127.0.0.1", port: 0 },
    certificate,
    handler(incoming, outgoing) {
      const taken = first(incoming, outgoing);
      if (taken === false) app(incoming, outgoing);
      else if (taken !== true) void taken.then((taken) => taken || app(incoming, outgoing));
    },
    hostId: "test",
    log,
  });
  return {
    url: `${certificate === undefined ? "http" : "https"}://127.0.0.1:${listening.port}`,
    certificate: join(certificates, "public.crt"),
    pem: certificate?.cert.toString(),
    close: () => listening.close(0),
  };
}

/** Set MINIO_TS_TEST_LOG to see what servers within the tests log. */
export function quietLog(): Log {
  const loud = process.env["MINIO_TS_TEST_LOG"] !== undefined;
  return createLog({ json: false, quiet: true, ...(loud ? {} : { write: () => {} }) });
}

/** The store in front of a backend, as a gateway opens it. */
export function remoteStore(backend: TestBackend, change: Partial<RemoteStoreOptions> = {}): Promise<Store> {
  return openRemoteStore({ ...backend.options, ...change });
}
