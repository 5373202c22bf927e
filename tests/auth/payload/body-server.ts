import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { createAuthenticator } from "../../../src/auth/authenticate.ts";
import { toS3Error } from "../../../src/errors/s3-error.ts";
import { receiveRequest } from "../../../src/http/receive.ts";
import { newRequestId } from "../../../src/http/request-id.ts";

/*
 * A server that reads the body of a PUT in the way that its path names, so that a test can watch every runtime do it.
 * It prints its port. `GET /outcomes` tells what became of each body, one `path outcome, listeners left` a line; `GET /begun` how many PUTs have come.
 */

const outcomes: string[] = [];
let begun = 0;
const gate = Promise.withResolvers<void>();
const authenticate = createAuthenticator({
  credentials: { lookup: () => undefined },
  region: undefined,
  uploadPace: { silence: 300, rate: 100 },
});

type Reader = (body: AsyncIterable<Uint8Array>) => Promise<string>;

async function whole(body: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of body) hash.update(chunk);
  return hash.digest("hex");
}

/** Each resolves to what is to be answered. */
const READERS: Readonly<Record<string, Reader>> = {
  "/whole": whole,
  /** Makes the client wait. */
  async "/slowly"(body) {
    const hash = createHash("sha256");
    for await (const chunk of body) {
      await sleep(1);
      hash.update(chunk);
    }
    return hash.digest("hex");
  },
  /** Comes when the body, or its end, has long been there. */
  async "/late"(body) {
    await sleep(200);
    return await whole(body);
  },
  /** Takes one chunk and no other before `GET /go`. */
  async "/stall"(body) {
    const hash = createHash("sha256");
    for await (const chunk of body) {
      hash.update(chunk);
      await gate.promise;
    }
    return hash.digest("hex");
  },
  /** Leaves after one chunk. */
  async "/leave"(body) {
    for await (const chunk of body) return `left after ${chunk.length > 0 ? "some" : "no"} bytes`;
    return "empty";
  },
};

async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const path = incoming.url ?? "/";
  if (path === "/go") gate.resolve();
  if (path === "/begun") return send(outgoing, 200, String(begun));
  const read = READERS[path];
  if (read === undefined) return send(outgoing, 200, outcomes.join("\n"));
  begun++;
  const outcome = await outcomeOf(read, incoming, outgoing);
  const left = ["data", "end", "close"].map((name) => incoming.listenerCount(name));
  outcomes.push(`${path} ${outcome.status === 200 ? "done" : outcome.text}, ${left.join(" ")}`);
  send(outgoing, outcome.status, outcome.text);
}

async function outcomeOf(read: Reader, incoming: IncomingMessage, outgoing: ServerResponse) {
  try {
    const request = receiveRequest(incoming, outgoing, newRequestId(), []);
    return { status: 200, text: await read(authenticate(request).payload.open([])) };
  } catch (thrown) {
    const { code, status } = toS3Error(thrown);
    return { status, text: code };
  }
}

function send(outgoing: ServerResponse, status: number, text: string): void {
  outgoing.writeHead(status, { "content-length": Buffer.byteLength(text) });
  outgoing.end(Buffer.from(text));
}

const server = createServer({ requestTimeout: 0 }, (incoming, outgoing) => void answer(incoming, outgoing));
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`port ${(server.address() as AddressInfo).port}\n`);
});
