import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { createWriteStream, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";
import { keepSealed, PROVIDERS, sendOpened } from "./plain-sealed.ts";
import { keepSmall, sendSmall } from "./plain-small.ts";
import { listenMeasured, type Measured, PORT_PRINTED, startMeasured } from "./process.ts";
import type { Runtime } from "./runtimes.ts";

/**
 * A server that answers as little as HTTP allows: what loopback and `node:http` cost without any S3. `/big` is 64 MiB,
 * and what is put there is hashed with MD5 and made durable in a file, which is the least that any S3 server does.
 * `/webcrypto` and `/native` are the same with AES-256-GCM by that provider. What is put to `/small`, or to `/small` and the
 * name of a provider, is kept in memory, sealed in the latter case.
 * @param directory for that file
 */
export function servePlain(directory: string): void {
  const body = Buffer.alloc(4096, 7);
  let files = 0;
  listenMeasured(createServer((incoming, outgoing) => {
    const [, path, provider] = incoming.url?.split("/") ?? [];
    const put = incoming.method === "PUT";
    if (path === "small") {
      const aead = PROVIDERS.find(({ name }) => name === provider);
      return void (put ? keepSmall(incoming, outgoing, aead) : sendSmall(outgoing, aead));
    }
    const aead = PROVIDERS.find(({ name }) => name === path);
    const file = () => join(directory, `plain-${files++}`);
    if (aead !== undefined) {
      return void (put ? keepSealed(file(), incoming, outgoing, aead) : sendOpened(outgoing, aead));
    }
    if (path === "big") return put ? keepBig(file(), incoming, outgoing) : sendBig(outgoing);
    incoming.on("data", () => {});
    incoming.on("end", () => {
      outgoing.writeHead(200, { "Content-Length": incoming.method === "PUT" ? 0 : body.length });
      outgoing.end(incoming.method === "GET" ? body : undefined);
    });
  }));
}

/** Starts such a server for a measurement. */
export function startPlain({ command, words }: Runtime, directory: string): Promise<Measured> {
  return startMeasured(command, [...words, "scripts/bench.ts", "--plain", directory], {}, PORT_PRINTED);
}

const MEBIBYTE = Buffer.alloc(1024 * 1024, 7);

function sendBig(outgoing: ServerResponse): void {
  outgoing.writeHead(200, { "Content-Length": 64 * MEBIBYTE.length });
  let left = 64;
  const more = () => {
    while (left > 0) {
      left--;
      if (!outgoing.write(MEBIBYTE) && left > 0) return void outgoing.once("drain", more);
    }
    outgoing.end();
  };
  more();
}

function keepBig(path: string, incoming: IncomingMessage, outgoing: ServerResponse): void {
  const md5 = createHash("md5");
  const file = createWriteStream(path, { highWaterMark: MEBIBYTE.length, flush: true });
  incoming.on("data", (chunk: Uint8Array) => md5.update(chunk));
  incoming.pipe(file).on("close", () => {
    rmSync(path);
    outgoing.writeHead(200, { "Content-Length": 0, "ETag": md5.digest("hex") }).end();
  });
}
