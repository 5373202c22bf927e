/**
 * Starts a command line of a server, stores an encrypted object, reads it back and ends the server; prints what it
 * found as one line of JSON. A program of its own, so that it can run in a network namespace:
 *
 *   bun tests/bundle/traffic.ts COMMAND [WORDS...]
 */
import { Buffer } from "node:buffer";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { networkInterfaces } from "node:os";
import process from "node:process";
import { send } from "../raw-client.ts";

const [command = "", ...words] = process.argv.slice(2);
const child = spawn(command, words, { stdio: ["ignore", "pipe", "inherit"] });
const port = await new Promise<number>((found, fail) => {
  let printed = "";
  child.stdout.on("data", (chunk: Buffer) => {
    printed += chunk.toString();
    const match = /Endpoint: +http:\/\/127\.0\.0\.1:(\d+)/.exec(printed);
    if (match !== null) found(Number(match[1]));
  });
  child.once("exit", (code) => fail(new Error(`the server ended with ${code}: ${printed}`)));
});
child.removeAllListeners("exit");
const server = { url: `http://127.0.0.1:${port}`, port, certificate: "" };
const body = randomBytes(3_000_000);
const headers = { "x-amz-server-side-encryption": "AES256" };
const bucket = await send(server, { method: "PUT", target: "/offline" });
const put = await send(server, { method: "PUT", target: "/offline/object", headers, body });
const get = await send(server, { method: "GET", target: "/offline/object" });
const ended = new Promise<number | null>((settle) => child.once("exit", settle));
child.kill("SIGTERM");
console.log(JSON.stringify({
  interfaces: Object.keys(networkInterfaces()),
  statuses: [bucket.status, put.status, get.status],
  encryption: get.headers.get("x-amz-server-side-encryption"),
  same: get.body.equals(body),
  ended: await ended,
}));
