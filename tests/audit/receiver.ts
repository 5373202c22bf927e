import { createServer, type IncomingMessage } from "node:http";

/** What an audit entry says, as far as tests look at it. */
export interface Entry {
  readonly version: string;
  readonly deploymentid: string;
  readonly api: {
    readonly name: string;
    readonly bucket?: string;
    readonly object?: string;
    readonly statusCode: number;
    readonly rx: number;
    readonly tx: number;
  };
  readonly requestID: string;
}

/** A webhook that keeps what it is sent. */
export interface Receiver {
  readonly url: string;
  readonly entries: Entry[];
  readonly requests: IncomingMessage[];
  /** What it answers next. */
  status: number;
  /** Resolves once it has so many entries. */
  until(count: number): Promise<void>;
  close(): void;
}

export async function openReceiver(): Promise<Receiver> {
  const server = createServer(async (incoming, outgoing) => {
    receiver.requests.push(incoming);
    let text = "";
    for await (const chunk of incoming) text += chunk;
    if (receiver.status === 200) receiver.entries.push(JSON.parse(text));
    outgoing.writeHead(receiver.status, { "Content-Length": 0 }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const receiver: Receiver = {
    url: `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/audit?from=test`,
    entries: [],
    requests: [],
    status: 200,
    async until(count) {
      while (receiver.entries.length < count) await Bun.sleep(5);
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
  return receiver;
}
