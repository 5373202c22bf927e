import { afterAll, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { S3Error } from "../../src/errors/s3-error.ts";
import { listen } from "../../src/http/listen.ts";
import { receiveRequest } from "../../src/http/receive.ts";
import { createLog } from "../../src/log/log.ts";
import { Wire } from "./wire.ts";

const { port, close } = await listen({
  address: { host: "127.0.0.1", port: 0 },
  certificate: undefined,
  hostId: "host",
  log: createLog({ json: false, quiet: true, write: () => {} }),
  handler(incoming, outgoing) {
    let text: string;
    try {
      text = receiveRequest(incoming, outgoing, "1", ["s3.test"]).bucket;
    } catch (thrown) {
      text = thrown instanceof S3Error ? thrown.code : String(thrown);
    }
    outgoing.writeHead(200, { "Content-Length": text.length, "Connection": "close" }).end(Buffer.from(text));
  },
});
afterAll(() => close(0));

async function answer(lines: string): Promise<string> {
  const wire = await Wire.open(port);
  wire.send(`${lines}\r\n\r\n`);
  return (await wire.closed()).split("\r\n\r\n")[1] ?? "";
}

test("HTTP/1.1 demands a Host header, HTTP/1.0 does not", async () => {
  expect(await answer("GET /box HTTP/1.1")).toBe("InvalidRequest");
  expect(await answer("GET /box HTTP/1.0")).toBe("box");
  expect(await answer("GET /key HTTP/1.1\r\nHost: box.s3.test")).toBe("box");
});
