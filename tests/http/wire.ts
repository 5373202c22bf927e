import { Buffer } from "node:buffer";
import { connect, type Socket } from "node:net";

/** A connection that speaks bytes and keeps what came back. */
export class Wire {
  readonly #socket: Socket;
  #received = "";
  #closed = false;
  #wake = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.#received += chunk.toString("latin1");
      this.#wake();
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#closed = true;
      this.#wake();
    });
  }

  /** @throws the error of a connection that is refused */
  static open(
    port: number,
    make: (port: number) => Socket = (port) => connect(port, "127.0.0.1"),
  ): Promise<Wire> {
    return new Promise((resolve, reject) => {
      const socket = make(port);
      const wire = new Wire(socket);
      socket.once("error", reject);
      socket.once("encrypted" in socket ? "secureConnect" : "connect", () => resolve(wire));
    });
  }

  send(text: string | Uint8Array): void {
    this.#socket.write(text);
  }

  get received(): string {
    return this.#received;
  }

  /** Everything received once it holds `text`, or once the server has closed the connection. */
  async until(text: string): Promise<string> {
    while (!this.#closed && !this.#received.includes(text)) {
      await new Promise<void>((resolve) => void (this.#wake = resolve));
    }
    return this.#received;
  }

  /** Everything received once the server has closed the connection. */
  closed(): Promise<string> {
    return this.until("\u0000never sent\u0000");
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

/** Resolves once nobody listens on a port any more: a runtime may close its listener a moment after it says so. */
export async function refused(port: number): Promise<void> {
  for (;;) {
    try {
      (await Wire.open(port)).destroy();
      await new Promise((resolve) => setTimeout(resolve, 5));
    } catch (thrown) {
      if (thrown instanceof Error && "code" in thrown && thrown.code === "ECONNREFUSED") return;
    }
  }
}
