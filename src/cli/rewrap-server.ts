import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { loadConfig } from "../config/config.ts";
import { S3Error } from "../errors/s3-error.ts";
import { Backend } from "../store/s3/client/backend.ts";
import { type Endpoint, parseEndpoint } from "../store/s3/client/endpoint.ts";
import { openRemoteStore } from "../store/s3/open.ts";
import { ProbeError } from "../store/s3/probe.ts";
import type { Store } from "../store/store.ts";
import { FatalError, UsageError } from "./command.ts";
import {
  type Outcome,
  outcomeText,
  rewrapEveryObject,
  rewrapProgress,
  type RewrapTally,
} from "./rewrap-keys.ts";
import { Tally } from "./tally.ts";
import type { Terminal } from "./terminal.ts";

/** The body of UpdateObjectEncryption: whichever key is current. */
const DOCUMENT = Buffer.from("<ObjectEncryption><SSE-S3/></ObjectEncryption>");

/** What a server that runs cannot be asked for. */
const REST =
  "Unfinished uploads, and the key of the storage itself, are sealed anew when the server is stopped and " +
  "its directory is given.";

/**
 * Has a running server seal the data keys of all its objects anew, with one UpdateObjectEncryption for each. Who we are
 * to it is its root user.
 * @returns the exit code
 * @throws UsageError, ConfigError, FatalError
 */
export async function rewrapServer(url: string, terminal: Terminal, json: boolean): Promise<number> {
  const { rootUser, rootPassword, region, gateway: { addressing, authorities } } = loadConfig(
    terminal.env,
    (path) => readFileSync(path, "utf8"),
  );
  const options = {
    endpoint: endpointOf(url, addressing),
    credentials: { accessKey: rootUser, secretKey: rootPassword },
    region: region ?? "us-east-1",
    ...(authorities === undefined ? {} : { authorities }),
  };
  const store = await openServer({ ...options, encrypts: false, keysOverLoopback: false }, url);
  const server = new Backend(options);
  const tally: RewrapTally = new Tally(["objects"]);
  const progress = await rewrapProgress(store, terminal, json);
  try {
    await rewrapEveryObject(
      store,
      (bucket, key) => updateEncryption(server, bucket, key),
      tally,
      progress,
      json,
    );
  } finally {
    progress.end();
    server.close();
    await store.close();
  }
  if (json) terminal.print(`${JSON.stringify({ server: url, dataKeys: tally.rows(outcomeText) })}\n`);
  else terminal.print(`Data keys of ${url}:\n\n${tally.table(outcomeText)}\n${REST}\n`);
  return tally.has(({ outcome }) => outcome === "failed") ? 1 : 0;
}

async function updateEncryption(server: Backend, bucket: string, key: string): Promise<Outcome | undefined> {
  try {
    await server.done({
      method: "PUT",
      bucket,
      key,
      query: [["encryption", ""]],
      body: { kind: "bytes", bytes: DOCUMENT },
      repeatable: true,
    });
    return "done";
  } catch (thrown) {
    if (!(thrown instanceof S3Error)) throw thrown;
    if (thrown.code === "NoSuchKey" || thrown.code === "NoSuchBucket") return undefined;
    if (thrown.code === "InvalidRequest") return "unsealed";
    if (thrown.code === "NotImplemented" || thrown.code === "MethodNotAllowed") {
      throw new FatalError("The server does not know UpdateObjectEncryption.", { cause: thrown });
    }
    throw thrown;
  }
}

function endpointOf(url: string, addressing: Endpoint["addressing"] | undefined): Endpoint {
  try {
    return parseEndpoint(url, addressing);
  } catch (thrown) {
    throw new UsageError(`the URL of the server ${thrown instanceof Error ? thrown.message : ""}.`);
  }
}

async function openServer(options: Parameters<typeof openRemoteStore>[0], url: string): Promise<Store> {
  try {
    return await openRemoteStore(options);
  } catch (thrown) {
    if (!(thrown instanceof ProbeError)) throw thrown;
    throw new FatalError(`Unable to use the server: ${url} ${thrown.message}.`, {
      hint: "Set MINIO_ROOT_USER and MINIO_ROOT_PASSWORD to those of the server, and check its URL.",
      cause: thrown,
    });
  }
}
