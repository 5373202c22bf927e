import { Buffer } from "node:buffer";
import { createServer, type IncomingMessage, type ServerOptions, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Address } from "./address.ts";
import type { Certificate } from "./certificate.ts";

/** Answers one request. Never throws. */
export type RequestHandler = (incoming: IncomingMessage, outgoing: ServerResponse) => void;

/** A server that listens. */
export interface Listening {
  readonly port: number;
  /** Takes a new certificate for new connections. Only for a server that speaks TLS. */
  renew(certificate: Certificate): Promise<void>;
  /**
   * Stops taking connections, lets requests in flight finish, and cuts what is left after `deadline` milliseconds.
   */
  close(deadline: number): Promise<void>;
}

/** Body time limits are the body verifier's: the server's own would cut long uploads. */
const LIMITS: ServerOptions = {
  requestTimeout: 0,
  headersTimeout: 60_000,
  keepAliveTimeout: 75_000,
  maxHeaderSize: 32 * 1024,
};

/**
 * Listens for HTTP, or HTTPS with a certificate, on the `node:http` server that all runtimes have.
 * @throws Error of `listen`, such as EADDRINUSE
 */
export async function listen(
  address: Address,
  certificate: Certificate | undefined,
  handler: RequestHandler,
): Promise<Listening> {
  let server = await open(address, certificate, handler);
  const { port } = server.address() as AddressInfo;
  return {
    port,
    async renew(next) {
      // Bun's https server cannot change its certificate: a second one takes the port over, the first one finishes.
      const old = server;
      const gone = closed(old);
      server = await open({ ...address, port }, next, handler);
      void gone;
    },
    async close(deadline) {
      const gone = closed(server);
      server.closeIdleConnections();
      const cut = setTimeout(() => server.closeAllConnections(), deadline);
      await gone;
      clearTimeout(cut);
    },
  };
}

type Server = ReturnType<typeof createServer>;

function open(
  address: Address,
  certificate: Certificate | undefined,
  handler: RequestHandler,
): Promise<Server> {
  const server: Server = certificate === undefined ? createServer(LIMITS, handler) : createTlsServer(
    { ...LIMITS, cert: Buffer.from(certificate.cert), key: Buffer.from(certificate.key) },
    handler,
  );
  // Without a listener of its own, 100 Continue would go out before anyone has looked at the request.
  server.on("checkContinue", handler);
  server.on("clientError", refuse);
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(
      { port: address.port, ...(address.host === undefined ? {} : { host: address.host }) },
      () => {
        server.off("error", reject);
        resolve(server);
      },
    );
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

/** Answers what the HTTP parser could not read. */
function refuse(error: Error & { code?: string }, socket: Duplex | Socket): void {
  if (socket.destroyed || !socket.writable) return;
  const [code, message] = error.code === "HPE_HEADER_OVERFLOW"
    ? ["RequestHeaderSectionTooLarge", "Your request header section exceeds the maximum allowed size."]
    : ["BadRequest", "An error occurred when parsing the HTTP request."];
  const body = Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`,
  );
  socket.end(
    `HTTP/1.1 400 Bad Request\r\nContent-Type: application/xml\r\nContent-Length: ${body.length}\r\n` +
      `Connection: close\r\n\r\n${body}`,
  );
}
