import { afterEach, expect, test } from "bun:test";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { disposeOfBody } from "../../src/http/refusal.ts";
import { Wire } from "./wire.ts";

const ends: (() => unknown)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** A client of a server that refuses every body. */
async function connectTo(patience?: number): Promise<Wire> {
  const server = createServer((incoming, outgoing) => {
    outgoing.writeHead(403, { "Content-Length": 2, ...disposeOfBody(incoming, patience) });
    outgoing.end("no");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ends.push(() => (server.closeAllConnections(), server.close()));
  const wire = await Wire.open((server.address() as AddressInfo).port);
  ends.push(() => wire.destroy());
  return wire;
}

const head = (length: number) => `PUT /x HTTP/1.1\r\nHost: test\r\nContent-Length: ${length}\r\n\r\n`;

test("a short body is dropped, and the connection carries the next request", async () => {
  const wire = await connectTo();
  for (let answers = 1; answers <= 2; answers++) {
    wire.send(`${head(1000)}${"x".repeat(1000)}`);
    while (wire.received.split("no").length <= answers) await Bun.sleep(1);
  }
  expect(wire.received.match(/ 403 /g)?.length).toBe(2);
});

test("a short body that does not come ends the connection", async () => {
  const wire = await connectTo(50);
  wire.send(`${head(1000)}abc`);
  expect(await wire.closed()).toMatch(/^HTTP\/1.1 403 (?!.*connection: close)[^]*no$/i);
});

test("a long body ends the connection with the answer", async () => {
  const wire = await connectTo();
  wire.send(`${head(1_000_000)}abc`);
  expect(await wire.closed()).toMatch(/^HTTP\/1.1 403 [^]*connection: close\r\n[^]*no$/i);
});
