import { expect, test } from "bun:test";
import { execFile } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { installedRuntimes, RUNTIME_COMMANDS } from "../running-server.ts";

const PROGRAM = join(import.meta.dirname, "sending-once-program.ts");

for (const runtime of installedRuntimes()) {
  test(`on ${runtime} a request is not repeated that breaks off, or is given up, on a kept connection`, async () => {
    const arrived: string[] = [];
    const server = createServer((incoming, outgoing) => {
      arrived.push(incoming.url ?? "");
      incoming.resume();
      incoming.on("end", () => {
        if (incoming.url === "/answered") outgoing.end("well");
        if (incoming.url === "/broken") incoming.socket.destroy();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const [command, ...words] = RUNTIME_COMMANDS[runtime];
      const { port } = server.address() as AddressInfo;
      const { stdout } = await promisify(execFile)(command, [...words, PROGRAM, String(port)]);
      expect(stdout).toBe("answered failed answered failed");
      expect(arrived).toEqual(["/answered", "/broken", "/answered", "/silent"]);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
}
