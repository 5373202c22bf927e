import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Log } from "../log/log.ts";
import type { Address } from "./address.ts";
import type { Certificate } from "./certificate.ts";
import { InFlight } from "./in-flight.ts";
import { answerUnreadable } from "./unreadable.ts";

/** Answers one request. Never throws. */
export type RequestHandler = (incoming: IncomingMessage, outgoing: ServerResponse) => void;

export interface ListenOptions {
  readonly address: Address;
  /** `undefined` for HTTP. */
  readonly certificate: Certificate | undefined;
  readonly handler: RequestHandler;
  /** The `HostId` of error documents. */
  readonly hostId: string;
  readonly log: Log;
  /** How many connections are held at a time; more are closed at once. As many as the system gives without it. */
  readonly maxConnections?: number;
  /** How long a client may leave the end of an answer untaken, in milliseconds. As long as it likes without it. */
  readonly writeDeadline?: number;
}

/** A server that listens. */
export interface Listening {
  readonly port: number;
  /** Takes a new certificate for new connections. Only for a server that speaks TLS. */
  renew(certificate: Certificate): Promise<void>;
  /** Stops taking requests, lets those in flight finish, and cuts what is left after `deadline` milliseconds. */
  close(deadline: number): Promise<void>;
}

/** Idle bodies are the body verifier's to end: a limit on whole requests would cut long uploads. */
const LIMITS: ServerOptions = {
  requestTimeout: 0,
  headersTimeout: 60_000,
  keepAliveTimeout: 75_000,
  maxHeaderSize: 32 * 1024,
  // The runtime would refuse with an empty answer; S3's is a document.
  requireHostHeader: false,
};

/**
 * Listens for HTTP, or HTTPS with a certificate, on the `node:http` server that all runtimes have.
 * @throws Error of `listen`, such as EADDRINUSE
 */
export async function listen(
  { address, certificate, handler, hostId, log, maxConnections, writeDeadline }: ListenOptions,
): Promise<Listening> {
  const inFlight = new InFlight();
  const servers = new Set<Server>();
  const stopWatching = writeDeadline === undefined ? undefined : inFlight.watch(writeDeadline);

  async function open(at: Address, own: Certificate | undefined): Promise<Server> {
    const server = own === undefined ? createServer(LIMITS) : createTlsServer({ ...LIMITS, ...keyPair(own) });
    if (maxConnections !== undefined) server.maxConnections = maxConnections;
    const take: RequestHandler = (incoming, outgoing) => {
      inFlight.enter(outgoing);
      handler(incoming, outgoing);
    };
    server.on("request", take);
    // Without a listener of its own, 100 Continue would go out before anyone has looked at the request.
    server.on("checkContinue", take);
    // Nor is there a bare 417 for what else a client may expect: RFC 9110 section 10.1.1 lets it be ignored, as S3 does.
    server.on("checkExpectation", take);
    server.on("clientError", (error, socket) => {
      // Behind the beginning of an answer an error document would be taken for a piece of it.
      if (inFlight.hasBegunOn(socket)) socket.destroy();
      else answerUnreadable(error, socket, hostId);
    });
    await bind(server, at);
    server.on("error", (error) => log.error("the listener has a fault", error));
    server.once("close", () => servers.delete(server));
    servers.add(server);
    return server;
  }

  let server = await open(address, certificate);
  const bound = server.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : address.port;
  return {
    port,
    async renew(next) {
      if ("setSecureContext" in server && typeof server.setSecureContext === "function") {
        server.setSecureContext(keyPair(next));
        return;
      }
      // Bun's server cannot change its certificate: another one takes the port over while this one finishes its requests.
      server.close();
      server.closeIdleConnections();
      server = await retry(() => open({ ...address, port }, next));
    },
    async close(deadline) {
      for (const one of servers) {
        one.close();
        one.closeIdleConnections();
      }
      await before(deadline, inFlight.drained());
      stopWatching?.();
      for (const one of servers) one.closeAllConnections();
    },
  };
}

function keyPair({ cert, key }: Certificate): Pick<Certificate, "cert" | "key"> {
  return { cert, key };
}

function bind(server: Server, { host, port }: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

/** Tries for some seconds: the system may give a port back a moment after it was closed. */
async function retry<T>(action: () => Promise<T>): Promise<T> {
  for (let left = 100; left > 0; left--) {
    try {
      return await action();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  return await action();
}

/** Resolves with `event`, or after `deadline` milliseconds without it. */
function before(deadline: number, event: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, deadline);
    void event.then(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
