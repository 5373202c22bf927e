import { afterEach, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { drained } from "../../src/http/drained.ts";
import { Pace, type PaceLimits } from "../../src/http/pace.ts";

const BLOCK = Buffer.alloc(1024 * 1024, 7);
const MANY = 64;

const ends: (() => unknown)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** A client that has asked for 64 MiB and takes nothing yet, and what became of sending them. */
async function beginDownload(limits: PaceLimits): Promise<{ client: Socket; sent: Promise<number> }> {
  const { promise, resolve } = Promise.withResolvers<ServerResponse>();
  const server = createServer((_incoming, outgoing) => resolve(outgoing));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ends.push(() => (server.closeAllConnections(), server.close()));
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1").pause();
  ends.push(() => client.destroy());
  client.on("error", () => {});
  client.write("GET / HTTP/1.1\r\nHost: test\r\n\r\n");
  const outgoing = await promise;
  const send = async () => {
    outgoing.writeHead(200, { "Content-Length": MANY * BLOCK.length });
    const pace = new Pace(limits);
    let blocks = 0;
    for (; blocks < MANY && !outgoing.destroyed; blocks++) {
      if (!outgoing.write(BLOCK)) await drained(outgoing, pace, BLOCK.length);
    }
    return outgoing.destroyed ? blocks : MANY;
  };
  return { client, sent: send() };
}

test("a client that takes nothing for too long loses its connection", async () => {
  const { sent } = await beginDownload({ silence: 100, rate: 1 });
  expect(await sent).toBeLessThan(MANY);
});

test("a client that takes its time but takes something gets everything", async () => {
  const { client, sent } = await beginDownload({ silence: 30_000, rate: 1 });
  const slowly = setInterval(() => {
    client.resume();
    setTimeout(() => client.pause(), 5);
  }, 20);
  ends.push(() => clearInterval(slowly));
  expect(await sent).toBe(MANY);
});
