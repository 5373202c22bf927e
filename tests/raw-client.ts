import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { signHeaders } from "./auth/sign.ts";
import { ACCESS_KEY, type RunningServer, SECRET_KEY } from "./running-server.ts";

/** Where to send requests, and the certificate to trust. */
export type Endpoint = Pick<RunningServer, "url" | "port" | "certificate">;

/** An answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
  /** Whether a `100 Continue` came before it. */
  readonly continued: boolean;
  /** Whether the server closed the connection before the announced length. */
  readonly cut: boolean;
}

/** What to send: the target goes on the wire exactly as it is written here. */
export interface RawRequest {
  readonly method: string;
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Leave the signature away. */
  readonly anonymous?: boolean;
  /** Send `Expect: 100-continue` and hold the body back until told to go on. */
  readonly expect?: boolean;
  /** Send only so many bytes of the body, then destroy the connection. */
  readonly abortAfter?: number;
}

/** Sends one request on a connection of its own, signed with the test credentials, over http or https. */
export async function send(server: Endpoint, request: RawRequest): Promise<RawAnswer> {
  const socket = await open(server);
  const body = request.body ?? new Uint8Array(0);
  const head = headOf(server, request, body);
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    let continued = false;
    let bodySent = false;
    const sendBody = () => {
      if (bodySent) return;
      bodySent = true;
      if (request.abortAfter === undefined) return void socket.write(body);
      socket.write(body.subarray(0, request.abortAfter), () => {
        socket.destroy();
        resolve({ status: 0, headers: new Map(), body: Buffer.alloc(0), continued, cut: true });
      });
    };
    const settle = (ended: boolean) => {
      const answer = parse(received, request.method === "HEAD", continued, ended);
      if (answer === undefined) return;
      socket.destroy();
      resolve(answer);
    };
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.toString("latin1", 0, 12) === "HTTP/1.1 100") {
        const end = received.indexOf("\r\n\r\n");
        if (end < 0) return;
        continued = true;
        received = received.subarray(end + 4);
        sendBody();
      }
      settle(false);
    });
    socket.on("close", () => settle(true));
    socket.on("error", (cause: Error) => (received.length > 0 ? settle(true) : reject(cause)));
    socket.write(head);
    if (!request.expect && body.length > 0) sendBody();
  });
}

function open(server: Endpoint): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const secure = server.url.startsWith("https:");
    const socket = secure
      ? connectTls({ host: "127.0.0.1", port: server.port, ca: readFileSync(server.certificate) })
      : connect(server.port, "127.0.0.1");
    socket.once("error", reject);
    socket.once(secure ? "secureConnect" : "connect", () => resolve(socket));
  });
}

function headOf(server: Endpoint, request: RawRequest, body: Uint8Array): Buffer {
  const [path = "/", query = ""] = request.target.split("?");
  const plain: Record<string, string> = { host: `127.0.0.1:${server.port}`, ...request.headers };
  if (request.body !== undefined && plain["content-length"] === undefined) {
    plain["content-length"] = String(body.length);
  }
  const headers = request.anonymous ? plain : signHeaders({
    method: request.method,
    path,
    query,
    headers: { "x-amz-content-sha256": "UNSIGNED-PAYLOAD", ...plain },
    accessKey: ACCESS_KEY,
    secretKey: SECRET_KEY,
    region: "us-east-1",
  });
  if (request.expect) headers["expect"] = "100-continue";
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${request.method} ${request.target} HTTP/1.1\r\n${lines.join("")}\r\n`, "latin1");
}

function parse(bytes: Buffer, bodiless: boolean, continued: boolean, ended: boolean): RawAnswer | undefined {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) {
    return ended ? { status: 0, headers: new Map(), body: bytes, continued, cut: true } : undefined;
  }
  const [first = "", ...lines] = bytes.toString("latin1", 0, end).split("\r\n");
  const headers = new Map(lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  }));
  const status = Number(first.slice(9, 12));
  const body = bytes.subarray(end + 4);
  const length = bodiless || status === 204 || status === 304
    ? 0
    : Number(headers.get("content-length") ?? 0);
  if (body.length < length && !ended) return undefined;
  return { status, headers, body, continued, cut: body.length < length };
}
