import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createApp } from "../../src/app.ts";
import { staticCredentials } from "../../src/auth/credentials.ts";
import { Secret } from "../../src/crypto/secret.ts";
import { readCertificate } from "../../src/http/certificate.ts";
import { listen, type Listening } from "../../src/http/listen.ts";
import { createLog } from "../../src/log/log.ts";
import { createDispatcher } from "../../src/s3/dispatch.ts";
import { type RawAnswer, type RawRequest, send } from "../raw-client.ts";
import { ACCESS_KEY, makeCertificate, SECRET_KEY } from "../running-server.ts";
import { openScene, type SceneOptions } from "./scene.ts";

/** A server over a directory, in this process: what it logs can be read, and it is there at once. */
export interface Served extends AsyncDisposable {
  send(request: RawRequest): Promise<RawAnswer>;
  /** The same over http. */
  sendInsecurely(request: RawRequest): Promise<RawAnswer>;
  /** Everything logged so far. */
  logged(): string;
}

/** A certificate for servers of one test file. */
export function testCertificate(): { readonly directory: string; remove(): void } {
  const directory = mkdtempSync(join(tmpdir(), "minio-ts-certificate-"));
  makeCertificate(directory);
  return { directory, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

/** Serves a directory over https and http. @param certificates directory of the certificate */
export async function serveScene(options: SceneOptions, certificates: string): Promise<Served> {
  const scene = await openScene(options);
  let logged = "";
  const log = createLog({ json: false, quiet: false, write: (entry) => logged += `${entry}\n` });
  const hostId = "test";
  const s3 = createDispatcher({
    store: scene.store,
    sse: scene.sse,
    credentials: staticCredentials([{ accessKey: ACCESS_KEY, secretKey: Secret.fromText(SECRET_KEY) }]),
    region: undefined,
    domains: [],
    deploymentId: hostId,
    log,
  });
  const handler = createApp({ s3, ready: async () => true, hostId, log });
  const address = { host: "127.0.0.1", port: 0 };
  const secure = await listen({
    address,
    certificate: readCertificate(certificates),
    handler,
    hostId,
    log,
  });
  const insecure = await listen({ address, certificate: undefined, handler, hostId, log });
  const endpoint = (scheme: string, { port }: Listening) => ({
    url: `${scheme}://127.0.0.1:${port}`,
    port,
    certificate: join(certificates, "public.crt"),
  });
  return {
    send: (request) => send(endpoint("https", secure), request),
    sendInsecurely: (request) => send(endpoint("http", insecure), request),
    logged: () => logged,
    async [Symbol.asyncDispose]() {
      await Promise.all([secure.close(0), insecure.close(0)]);
      await scene[Symbol.asyncDispose]();
    },
  };
}
