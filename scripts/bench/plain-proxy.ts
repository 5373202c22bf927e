import { createHash } from "node:crypto";
import { Agent, createServer, type IncomingMessage, request } from "node:http";
import { listenMeasured } from "./process.ts";

/** Before a path: the bytes that pass are hashed. */
export const HASHED = "/hashed";

/**
 * A server that passes everything on to another and back: what two hops over `node:http` cost without any S3. Under
 * `/hashed` it takes the MD5 of all bytes besides, which is the least that a gateway does that compares ETags.
 * @param port of the server behind it, on loopback
 */
export function serveProxy(port: number): void {
  const agent = new Agent({ keepAlive: true });
  listenMeasured(createServer((incoming, outgoing) => {
    const { url = "", method = "GET", headers } = incoming;
    const hashed = url.startsWith(HASHED);
    const path = hashed ? url.slice(HASHED.length) : url;
    const onward = request({ host: "127.0.0.1", port, path, method, headers, agent }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, {
        "Content-Length": answer.headers["content-length"] ?? "0",
      });
      pass(answer, outgoing, hashed);
    });
    pass(incoming, onward, hashed);
  }));
}

/** Where bytes go on. */
interface Outgoing {
  write(chunk: Uint8Array): boolean;
  once(event: "drain", listener: () => void): unknown;
  end(): unknown;
}

function pass(from: IncomingMessage, to: Outgoing, hashed: boolean): void {
  const md5 = hashed ? createHash("md5") : undefined;
  from.on("data", (chunk: Uint8Array) => {
    md5?.update(chunk);
    if (to.write(chunk)) return;
    from.pause();
    to.once("drain", () => from.resume());
  });
  from.on("end", () => {
    md5?.digest();
    to.end();
  });
}
