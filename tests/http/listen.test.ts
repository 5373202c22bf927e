import { afterEach, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { rmSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { readCertificate } from "../../src/http/certificate.ts";
import { listen, type Listening, type RequestHandler } from "../../src/http/listen.ts";
import { createLog } from "../../src/log/log.ts";
import { certificatesFolder, writeCertificate } from "./certificates.ts";
import { refused, Wire } from "./wire.ts";

const ANY = { host: "127.0.0.1", port: 0 };
const HOST_ID = "0123abcd";
const log = createLog({ json: false, quiet: true, write: () => {} });
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function serve(handler: RequestHandler, directory?: string): Promise<Listening> {
  const certificate = directory === undefined ? undefined : readCertificate(directory);
  const listening = await listen({ address: ANY, certificate, handler, hostId: HOST_ID, log });
  ends.push(() => listening.close(0));
  return listening;
}

async function open(...to: Parameters<typeof Wire.open>): Promise<Wire> {
  const wire = await Wire.open(...to);
  ends.push(() => wire.destroy());
  return wire;
}

function reply(outgoing: ServerResponse, text: string, status = 200): void {
  const body = Buffer.from(text);
  outgoing.writeHead(status, { "Content-Length": body.length });
  outgoing.end(body);
}

const GET = "GET /x HTTP/1.1\r\nHost: test\r\n\r\n";
const hello: RequestHandler = (_incoming, outgoing) => reply(outgoing, "hello");

test("a free port is found and told, and the target arrives as it was sent", async () => {
  let target = "";
  const { port } = await serve((incoming, outgoing) => {
    target = incoming.url ?? "";
    reply(outgoing, "hello");
  });
  expect(port).toBeGreaterThan(0);
  const wire = await open(port);
  wire.send("GET /a/../b//%2e%2E/c%2Fd?x=%zz HTTP/1.1\r\nHost: test\r\n\r\n");
  expect(await wire.until("hello")).toStartWith("HTTP/1.1 200 OK\r\n");
  expect(target).toBe("/a/../b//%2e%2E/c%2Fd?x=%zz");
});

test("connections beyond the most that are held are closed, and the others go on", async () => {
  const { port, close } = await listen({
    address: ANY,
    certificate: undefined,
    handler: ({ url }, outgoing) => reply(outgoing, `you said ${url}`),
    hostId: HOST_ID,
    log,
    maxConnections: 2,
  });
  ends.push(() => close(0));
  const held = [await open(port), await open(port)];
  const ask = async (wire: Wire, path: string) => {
    wire.send(`GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n`);
    return await wire.until(`you said ${path}`);
  };
  for (const wire of held) await ask(wire, "/first");
  const third = await open(port);
  third.send(GET);
  expect(await third.closed()).toBe("");
  for (const wire of held) expect(await ask(wire, "/second")).toContain("you said /second");
});

test("a port that is taken rejects with EADDRINUSE", async () => {
  const { port } = await serve(hello);
  const second = listen({
    address: { host: "127.0.0.1", port },
    certificate: undefined,
    handler: hello,
    hostId: HOST_ID,
    log,
  });
  await expect(second).rejects.toMatchObject({ code: "EADDRINUSE" });
});

test("an expectation that is not understood is not refused by the runtime", async () => {
  const { port } = await serve(({ headers }, outgoing) => reply(outgoing, `expects ${headers.expect}`));
  const wire = await open(port);
  wire.send("GET / HTTP/1.1\r\nHost: test\r\nExpect: 200-maybe\r\n\r\n");
  expect(await wire.until("expects 200-maybe")).toStartWith("HTTP/1.1 200 OK\r\n");
});

test("a request can be refused before its body is asked for", async () => {
  const { port } = await serve((_incoming, outgoing) => {
    outgoing.setHeader("Connection", "close");
    reply(outgoing, "no", 403);
  });
  const wire = await open(port);
  wire.send("PUT /x HTTP/1.1\r\nHost: test\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n");
  const answer = await wire.closed();
  expect(answer).toStartWith("HTTP/1.1 403 ");
  expect(answer).not.toContain("100 Continue");
});

test("a body is asked for when the handler says so", async () => {
  const { port } = await serve(async (incoming, outgoing) => {
    outgoing.writeContinue();
    let size = 0;
    for await (const chunk of incoming) size += chunk.length;
    reply(outgoing, `got ${size}`);
  });
  const wire = await open(port);
  wire.send("PUT /x HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  expect(await wire.until("\r\n\r\n")).toStartWith("HTTP/1.1 100 Continue\r\n\r\n");
  wire.send("12345");
  expect(await wire.until("got 5")).toContain("got 5");
});

test("a header section beyond 32 KiB is refused with the document of S3", async () => {
  const { port } = await serve(hello);
  const wire = await open(port);
  wire.send(`GET /x HTTP/1.1\r\nHost: test\r\nX-Amz-Meta-A: ${"a".repeat(33 * 1024)}\r\n\r\n`);
  const answer = await wire.closed();
  const [head = "", body = ""] = answer.split("\r\n\r\n");
  const id = /X-Amz-Request-Id: ([0-9A-F]{16})/.exec(head)?.[1];
  expect(head).toStartWith("HTTP/1.1 400 Bad Request\r\n");
  expect(head).toContain(`Content-Length: ${body.length}\r\n`);
  expect(body).toBe(
    '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>RequestHeaderSectionTooLarge</Code>' +
      "<Message>Your request header section exceeds the maximum allowed size.</Message>" +
      `<RequestId>${id}</RequestId><HostId>${HOST_ID}</HostId></Error>`,
  );
});

test("a header section of 30 KiB is taken", async () => {
  const { port } = await serve(hello);
  const wire = await open(port);
  wire.send(`GET /x HTTP/1.1\r\nHost: test\r\nX-Amz-Meta-A: ${"a".repeat(30 * 1024)}\r\n\r\n`);
  expect(await wire.until("hello")).toStartWith("HTTP/1.1 200 ");
});

test.each([
  ["something that is not HTTP", "\u0001\u0002 nonsense\r\n\r\n"],
  ["two lengths", "PUT /x HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc"],
  [
    "a length beside chunks",
    "PUT /x HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  ],
])("%s is answered BadRequest, and the connection ends", async (_name, text) => {
  const { port } = await serve(hello);
  const wire = await open(port);
  wire.send(text);
  const answer = await wire.closed();
  expect(answer).toStartWith("HTTP/1.1 400 Bad Request\r\n");
  expect(answer).toContain("<Code>BadRequest</Code>");
});

test("a broken chunk of a body is answered BadRequest while nothing was answered yet", async () => {
  const { port } = await serve(async (incoming) => {
    try {
      for await (const _chunk of incoming);
    } catch {
      return;
    }
  });
  const wire = await open(port);
  wire.send("PUT /x HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n");
  expect(await wire.closed()).toContain("<Code>BadRequest</Code>");
});

test("nonsense behind a request that is being answered never gets into its answer", async () => {
  const { port } = await serve((_incoming, outgoing) => {
    outgoing.writeHead(200, { "Content-Length": 1000 });
    outgoing.write(Buffer.from("begin"));
  });
  const wire = await open(port);
  wire.send(GET);
  await wire.until("begin");
  wire.send("\u0001\u0002 nonsense\r\n\r\n");
  const answer = await wire.closed();
  expect(answer.split("\r\n\r\n")[1]).toBe("begin");
});

test("a connection carries one request after another", async () => {
  const { port } = await serve(hello);
  const wire = await open(port);
  wire.send(GET);
  await wire.until("hello");
  wire.send(GET);
  await wire.until("hello");
  while (wire.received.split("hello").length < 3) await Bun.sleep(5);
  expect(wire.received.split("HTTP/1.1 200 OK")).toHaveLength(3);
});

test("closing lets the request in flight finish, ends idle connections and refuses new ones", async () => {
  let answer = () => {};
  const listening = await serve((incoming, outgoing) => {
    if (incoming.url === "/slow") answer = () => reply(outgoing, "finished");
    else reply(outgoing, "hello");
  });
  const idle = await open(listening.port);
  await open(listening.port);
  const busy = await open(listening.port);
  idle.send(GET);
  await idle.until("hello");
  busy.send("GET /slow HTTP/1.1\r\nHost: test\r\n\r\n");
  await Bun.sleep(50);
  let closed = false;
  const closing = listening.close(10_000).then(() => void (closed = true));
  await idle.closed();
  await refused(listening.port);
  expect(closed).toBe(false);
  answer();
  expect(await busy.closed()).toMatch(/connection: close\r\n[^]*finished$/i);
  await closing;
});

test("closing cuts what is still going on at the deadline", async () => {
  const listening = await serve(() => {});
  const wire = await open(listening.port);
  wire.send(GET);
  await Bun.sleep(50);
  await listening.close(100);
  expect(await wire.closed()).toBe("");
});

test("closing without a request in flight does not wait", async () => {
  const listening = await serve(hello);
  const wire = await open(listening.port);
  wire.send(GET);
  await wire.until("hello");
  const first = await Promise.race([listening.close(60_000).then(() => "closed"), Bun.sleep(5000)]);
  expect(first).toBe("closed");
});

test("a request whose client went away is not waited for", async () => {
  const listening = await serve(() => {});
  const wire = await open(listening.port);
  wire.send(GET);
  await Bun.sleep(50);
  wire.destroy();
  await Bun.sleep(50);
  const first = await Promise.race([listening.close(60_000).then(() => "closed"), Bun.sleep(5000)]);
  expect(first).toBe("closed");
});

test("a renewed certificate serves new connections, and the request in flight finishes", async () => {
  const directory = certificatesFolder();
  ends.push(() => rmSync(directory, { recursive: true }));
  writeCertificate(directory, { name: "first" });
  let answer = () => {};
  const listening = await serve((incoming, outgoing) => {
    if (incoming.url === "/slow") answer = () => reply(outgoing, "finished");
    else reply(outgoing, "hello");
  }, directory);
  let peer: TLSSocket | undefined;
  const dial = (port: number) => (peer = connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false }));
  const busy = await open(listening.port, dial);
  expect(peer?.getPeerCertificate().subject.CN).toBe("first");
  busy.send("GET /slow HTTP/1.1\r\nHost: test\r\n\r\n");
  await Bun.sleep(50);

  writeCertificate(directory, { name: "second" });
  const next = readCertificate(directory);
  if (next !== undefined) await listening.renew(next);
  const fresh = await open(listening.port, dial);
  expect(peer?.getPeerCertificate().subject.CN).toBe("second");
  fresh.send(GET);
  expect(await fresh.until("hello")).toContain("hello");
  answer();
  expect(await busy.until("finished")).toEndWith("finished");
});
