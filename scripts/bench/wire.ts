import { Buffer } from "node:buffer";
import { connect, type Socket } from "node:net";

/** What came back for one request. */
export interface WireAnswer {
  readonly status: number;
  readonly bodyBytes: number;
}

/**
 * One keep-alive connection that sends ready-made request bytes and counts what comes back. It does as little as
 * a client can, because it shares the cores with the server it measures.
 */
export class Wire {
  readonly #socket: Socket;
  #head: Buffer = Buffer.alloc(0);
  #left = 0;
  #status = 0;
  #body = 0;
  #withBody = true;
  #settle: ((answer: WireAnswer) => void) | undefined;
  #fail: ((cause: Error) => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    socket.on("error", (cause: Error) => this.#fail?.(cause));
    socket.on("close", () => this.#fail?.(new Error("the server closed the connection")));
  }

  /** Opens a connection to loopback. */
  static open(port: number): Promise<Wire> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, "127.0.0.1");
      socket.once("error", reject);
      socket.once("connect", () => resolve(new Wire(socket)));
    });
  }

  /** Sends one request and resolves when its whole answer has been received. */
  send(pieces: readonly Uint8Array[], withBody: boolean): Promise<WireAnswer> {
    this.#withBody = withBody;
    return new Promise((resolve, reject) => {
      this.#settle = resolve;
      this.#fail = reject;
      for (const piece of pieces) this.#socket.write(piece);
    });
  }

  /** Sends more of a body and resolves when the socket has taken it. */
  write(piece: Uint8Array): Promise<void> {
    return new Promise((resolve) => this.#socket.write(piece, () => resolve()));
  }

  /** Stops and starts reading, to play a slow client. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(): void {
    this.#fail = undefined;
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    let bytes: Buffer = chunk;
    if (this.#left === 0) {
      bytes = this.#head.length === 0 ? chunk : Buffer.concat([this.#head, chunk]);
      const end = bytes.indexOf("\r\n\r\n");
      if (end < 0) {
        this.#head = bytes;
        return;
      }
      const head = bytes.toString("latin1", 0, end);
      this.#head = Buffer.alloc(0);
      this.#status = Number(head.slice(9, 12));
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
      this.#left = this.#withBody ? length : 0;
      this.#body = 0;
      bytes = bytes.subarray(end + 4);
    }
    this.#left -= bytes.length;
    this.#body += bytes.length;
    if (this.#left > 0) return;
    this.#left = 0;
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.({ status: this.#status, bodyBytes: this.#body });
  }
}
