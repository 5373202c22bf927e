import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { type ChildProcess, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { installedRuntimes, RUNTIME_COMMANDS } from "../../running-server.ts";

const BODY = randomBytes(5_000_000);
const SHA256 = createHash("sha256").update(BODY).digest("hex");

/** More than all buffers of both kernels and the server hold. */
const HUGE = 256 * 1024 * 1024;

for (const runtime of installedRuntimes()) {
  describe(`a body on ${runtime}`, () => {
    let child: ChildProcess;
    let port = 0;

    beforeAll(async () => {
      const [command, ...words] = RUNTIME_COMMANDS[runtime];
      child = spawn(command, [...words, join(import.meta.dirname, "body-server.ts")]);
      port = await new Promise<number>((found, fail) => {
        let printed = "";
        child.stdout?.on("data", (chunk: Buffer) => {
          printed += chunk.toString();
          const match = /port (\d+)\n/.exec(printed);
          if (match !== null) found(Number(match[1]));
        });
        child.once("exit", (code) => fail(new Error(`the server ended with ${code}`)));
      });
    }, 30_000);

    afterAll(() => void child.kill());

    async function open(path: string, length: number): Promise<Exchange> {
      const socket = connect(port, "127.0.0.1");
      await new Promise((resolve) => socket.once("connect", resolve));
      socket.write(`PUT ${path} HTTP/1.1\r\nHost: h\r\nContent-Length: ${length}\r\n\r\n`);
      return new Exchange(socket);
    }

    async function get(path: string): Promise<string> {
      return await (await fetch(`http://127.0.0.1:${port}${path}`)).text();
    }

    /** What became of the bodies sent to `path`, once there are so many. */
    async function outcomes(path: string, count: number): Promise<readonly string[]> {
      for (;;) {
        const all = (await get("/outcomes")).split("\n").filter((line) => line.startsWith(`${path} `));
        if (all.length >= count) return all.map((line) => line.slice(path.length + 1));
        await sleep(20);
      }
    }

    test("arrives whole, whether its reader hurries, takes its time or comes late", async () => {
      for (const path of ["/whole", "/slowly", "/late"]) {
        const exchange = await open(path, BODY.length);
        exchange.socket.write(BODY);
        expect(await exchange.answer()).toEqual([200, SHA256]);
        expect(await outcomes(path, 1)).toEqual(["done, 0 0 0"]);
      }
    });

    test("arrives whole in many small pieces", async () => {
      const exchange = await open("/whole", 1000);
      exchange.socket.setNoDelay(true);
      for (let at = 0; at < 1000; at += 50) {
        exchange.socket.write(BODY.subarray(at, at + 50));
        await sleep(1);
      }
      const sha256 = createHash("sha256").update(BODY.subarray(0, 1000)).digest("hex");
      expect(await exchange.answer()).toEqual([200, sha256]);
    });

    test("of no bytes ends at once", async () => {
      const sha256 = createHash("sha256").digest("hex");
      expect(await (await open("/whole", 0)).answer()).toEqual([200, sha256]);
      expect(await (await open("/late", 0)).answer()).toEqual([200, sha256]);
    });

    test("that nobody reads on is not taken from the client", async () => {
      const { socket } = await open("/stall", HUGE);
      const piece = Buffer.alloc(1024 * 1024);
      let written = 0;
      const go = () => {
        while (written < HUGE) {
          written += piece.length;
          if (!socket.write(piece)) return;
        }
      };
      socket.on("drain", go);
      go();
      // The server has stopped taking once nothing more goes out for a while.
      for (let before = -1; before !== written;) {
        before = written;
        await sleep(300);
      }
      expect(written).toBeLessThan(HUGE / 4);
      await get("/go");
      socket.destroy();
      expect(await outcomes("/stall", 1)).toEqual(["IncompleteBody, 0 0 0"]);
    });

    test("of a client that falls silent is given up, and the client hears of it", async () => {
      const exchange = await open("/whole", 100);
      exchange.socket.write("abc");
      expect(await exchange.answer()).toEqual([400, "RequestTimeout"]);
    });

    test("of a client that only drips is given up, although it is never silent for long", async () => {
      const exchange = await open("/whole", 1000);
      exchange.socket.setNoDelay(true);
      const drip = setInterval(() => exchange.socket.write("x"), 30);
      expect(await exchange.answer()).toEqual([400, "RequestTimeout"]);
      clearInterval(drip);
    });

    test("left by its reader leaves the connection and nothing else behind", async () => {
      const exchange = await open("/leave", BODY.length);
      exchange.socket.write(BODY);
      expect(await exchange.answer()).toEqual([200, "left after some bytes"]);
      expect(await outcomes("/leave", 1)).toEqual(["done, 0 0 0"]);
    });

    test("whose client goes away is incomplete, whatever its reader does at that moment", async () => {
      for (const leave of ["end", "destroy", "resetAndDestroy"] as const) {
        for (const path of ["/whole", "/slowly", "/late", "/leave"]) {
          const { length } = await outcomes(path, 0);
          const begun = await get("/begun");
          const { socket } = await open(path, 2 * BODY.length);
          await new Promise((sent) => socket.write(BODY.subarray(0, 300_000), sent));
          while (await get("/begun") === begun) await sleep(5);
          socket[leave]();
          const outcome = path === "/leave" ? "done" : "IncompleteBody";
          expect([leave, path, (await outcomes(path, length + 1)).at(-1)]).toEqual([
            leave,
            path,
            `${outcome}, 0 0 0`,
          ]);
        }
      }
      expect(child.exitCode).toBeNull();
    });
  });
}

/** The client's end of one request. */
class Exchange {
  readonly socket: Socket;
  #received = "";

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk) => this.#received += chunk.toString("latin1"));
    // A server that has answered may close before the last bytes were sent.
    socket.on("error", () => {});
  }

  /** Status and body of the answer. */
  async answer(): Promise<[number, string]> {
    for (;;) {
      const [, status, length, body] =
        /^HTTP\/1\.1 (\d+) [^]*?\r\ncontent-length: (\d+)\r\n[^]*?\r\n\r\n([^]*)$/i.exec(this.#received) ??
          [];
      if (body !== undefined && body.length >= Number(length)) {
        this.socket.destroy();
        return [Number(status), body];
      }
      await sleep(5);
    }
  }
}
