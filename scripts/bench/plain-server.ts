import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { createWriteStream, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";
import process from "node:process";

/**
 * A server that answers as little as HTTP allows: what loopback and `node:http` cost without any S3. `/big` is 64 MiB,
 * and what is put there is hashed with MD5 and made durable in a file, which is the least that any S3 server does.
 * @param directory for that file
 */
export function servePlain(directory: string): void {
  const body = Buffer.alloc(4096, 7);
  let files = 0;
  createServer((incoming, outgoing) => {
    if (incoming.url === "/big" && incoming.method === "GET") return sendBig(outgoing);
    if (incoming.url === "/big") return keepBig(join(directory, `plain-${files++}`), incoming, outgoing);
    incoming.on("data", () => {});
    incoming.on("end", () => {
      outgoing.writeHead(200, { "Content-Length": incoming.method === "PUT" ? 0 : body.length });
      outgoing.end(incoming.method === "GET" ? body : undefined);
    });
  }).listen(0, "127.0.0.1", function (this: { address(): unknown }) {
    process.stdout.write(`${JSON.stringify(this.address())}\n`);
  });
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
