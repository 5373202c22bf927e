import { Buffer } from "node:buffer";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { Secret } from "../../../src/crypto/secret.ts";
import { parseEndpoint } from "../../../src/store/s3/client/endpoint.ts";
import { openRemoteStore, type RemoteStoreOptions } from "../../../src/store/s3/open.ts";
import type { Store } from "../../../src/store/store.ts";

/** One request with its body, as it came over the wire. */
export interface Asked {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

/** What goes back, byte for byte, and the end of the connection behind it if it says so; `undefined` for that alone. */
export type Say = (asked: Asked) => string | Buffer | undefined;

/** A server that says what a test wants and nothing else. */
export interface OddBackend {
  /** Requests so far, without those of the start. */
  readonly asked: Asked[];
  say: Say;
  /** Whether it says that it wants the body of a request that asks first. */
  continues: boolean;
  /** Whether it sends blanks behind its answer, one by one and for ever. */
  drips: boolean;
  readonly options: RemoteStoreOptions;
  /** Resolves when nobody is connected any more. */
  left(): Promise<void>;
  close(): Promise<void>;
}

/** Such a server with two gateways in front of it. */
export interface OddGateways {
  readonly odd: OddBackend;
  readonly plain: Store;
  /** One that encrypts. */
  readonly gateway: Store;
  close(): Promise<void>;
}

/** An answer with these headers and its length. */
export function answer(status: number, headers: Readonly<Record<string, string>> = {}, body = ""): string {
  const lines = Object.entries({ "Content-Length": String(Buffer.byteLength(body)), ...headers })
    .map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} Odd\r\n${lines.join("")}\r\n${body}`;
}

const NO_BUCKET = answer(404, {}, "<Error><Code>NoSuchBucket</Code></Error>");

export async function startOddBackend(): Promise<OddBackend> {
  const sockets = new Set<Socket>();
  const backend = {
    asked: [] as Asked[],
    say: (() => NO_BUCKET) as Say,
    continues: true,
    drips: false,
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
    serve(socket, backend);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const options: RemoteStoreOptions = {
    endpoint: parseEndpoint(`http://127.0.0.1:${port}`, undefined),
    credentials: { accessKey: "odd", secretKey: Secret.fromText("oddoddodd") },
    region: "us-east-1",
    keysOverLoopback: true,
    encrypts: false,
  };
  return Object.assign(backend, {
    options,
    left: async () => {
      while (sockets.size > 0) await new Promise((resolve) => setTimeout(resolve, 10));
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  });
}

export async function startOddGateways(): Promise<OddGateways> {
  const odd = await startOddBackend();
  const plain = await openRemoteStore(odd.options);
  const gateway = await openRemoteStore({ ...odd.options, encrypts: true });
  return {
    odd,
    plain,
    gateway,
    async close() {
      await plain.close();
      await gateway.close();
      await odd.close();
    },
  };
}

function serve(socket: Socket, backend: Pick<OddBackend, "asked" | "say" | "continues" | "drips">): void {
  let came: Buffer = Buffer.alloc(0);
  let continued = false;
  socket.on("data", (chunk: Buffer) => {
    came = Buffer.concat([came, chunk]);
    for (;;) {
      const end = came.indexOf("\r\n\r\n");
      if (end < 0) return;
      const [first = "", ...lines] = came.subarray(0, end).toString("latin1").split("\r\n");
      const [method = "", target = ""] = first.split(" ");
      const headers = new Map(
        lines.map((line) =>
          [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()] as const
        ),
      );
      if (headers.get("expect") === "100-continue" && !continued && backend.continues) {
        continued = true;
        socket.write("HTTP/1.1 100 Continue\r\n\r\n");
      }
      const length = Number(headers.get("content-length") ?? 0);
      if (came.length < end + 4 + length) return;
      const body = came.subarray(end + 4, end + 4 + length);
      came = came.subarray(end + 4 + length);
      continued = false;
      const asked = { method, target, headers, body };
      if (target.includes("location")) {
        socket.write(NO_BUCKET);
        continue;
      }
      backend.asked.push(asked);
      const said = backend.say(asked);
      if (said === undefined) socket.destroy();
      else if (said.includes("Connection: close")) socket.end(said);
      else socket.write(said);
      if (backend.drips) {
        const drip = setInterval(() => socket.write(" "), 5);
        socket.on("close", () => clearInterval(drip));
      }
    }
  });
}
