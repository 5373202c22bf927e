import { afterEach, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { InFlight } from "../../src/http/in-flight.ts";
import { Wire } from "./wire.ts";

const SILENCE = 200;
const UPLOAD = "PUT /x HTTP/1.1\r\nHost: test\r\nContent-Length: 20\r\n\r\n";

const ends: (() => unknown)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** A server whose uploads are answered once they are there; `begun` is how it reads them. */
async function serve(inFlight: InFlight, begun: (incoming: IncomingMessage) => void): Promise<Wire[]> {
  let uploads = 0;
  const both = Promise.withResolvers<void>();
  const server = createServer((incoming, outgoing) => {
    inFlight.enter(outgoing);
    incoming.on("error", () => {});
    incoming.on("end", () => outgoing.end("stored"));
    begun(incoming);
    if (++uploads === 2) both.resolve();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ends.push(() => (server.closeAllConnections(), server.close()));
  const { port } = server.address() as AddressInfo;
  const wires = [await Wire.open(port), await Wire.open(port)];
  for (const wire of wires) wire.send(UPLOAD);
  await both.promise;
  return wires;
}

test("an upload that goes on is waited for, and one whose client has fallen silent is not", async () => {
  const inFlight = new InFlight(SILENCE);
  const [silent, slow] = await serve(inFlight, (incoming) => void incoming.on("data", () => {}));
  const drained = inFlight.drained();
  for (let sent = 0; sent < 20; sent++) {
    await Bun.sleep(SILENCE / 8);
    slow?.send("x");
  }
  expect(await slow?.until("stored")).toEndWith("stored");
  expect(await silent?.closed()).toBe("");
  await drained;
});

test("a client that leaves the end of an answer untaken loses its connection", async () => {
  const inFlight = new InFlight();
  ends.push(inFlight.watch(50));
  const server = createServer((_incoming, outgoing) => {
    inFlight.enter(outgoing);
    outgoing.end(Buffer.alloc(64 * 1024 * 1024));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ends.push(() => (server.closeAllConnections(), server.close()));
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1").pause();
  ends.push(() => client.destroy());
  client.on("error", () => {});
  client.write("GET / HTTP/1.1\r\nHost: test\r\n\r\n");
  await once(server, "request");
  await inFlight.drained();
});

test("a client whose upload the server does not take yet keeps its connection", async () => {
  const held: IncomingMessage[] = [];
  const inFlight = new InFlight(SILENCE);
  const wires = await serve(inFlight, (incoming) => void held.push(incoming));
  const drained = inFlight.drained();
  await Bun.sleep(SILENCE * 3);
  for (const incoming of held) incoming.resume();
  for (const wire of wires) {
    wire.send("x".repeat(20));
    expect(await wire.until("stored")).toEndWith("stored");
  }
  await drained;
});
