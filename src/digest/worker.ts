import { parentPort } from "node:worker_threads";
import type { DigestName } from "./digest.ts";
import type { InlineDigester } from "./inline-digester.ts";

/** What the main thread tells a hash worker. Buffers are transferred. */
export type ToWorker =
  | { readonly kind: "begin"; readonly stream: number; readonly names: readonly DigestName[] }
  | {
    readonly kind: "update";
    readonly stream: number;
    readonly buffer: ArrayBuffer;
    readonly length: number;
  }
  | { readonly kind: "finish" | "abandon"; readonly stream: number };

/** What a hash worker answers: each buffer as soon as it is hashed, and the digests in the end. */
export type FromWorker =
  | { readonly kind: "buffer"; readonly stream: number; readonly buffer: ArrayBuffer }
  | { readonly kind: "digests"; readonly stream: number; readonly digests: [DigestName, Uint8Array][] };

const streams = new Map<number, InlineDigester>();
const port = parentPort;

// The module of hashes awaits its WebAssembly while it loads. Deno drops messages that arrive before a listener is there,
// so the listener comes first and lets messages wait for the module.
const loading = import("./inline-digester.ts");
port?.on("message", async (message: ToWorker) => work(await loading, message));

function answer(message: FromWorker, transfer: ArrayBuffer[] = []): void {
  port?.postMessage(message, transfer);
}

function work(hashing: Awaited<typeof loading>, message: ToWorker): void {
  const { stream } = message;
  switch (message.kind) {
    case "begin":
      streams.set(stream, new hashing.InlineDigester(message.names));
      break;
    case "update":
      streams.get(stream)?.update(new Uint8Array(message.buffer, 0, message.length));
      answer({ kind: "buffer", stream, buffer: message.buffer }, [message.buffer]);
      break;
    case "finish": {
      const digests = streams.get(stream)?.digests() ?? new Map();
      streams.delete(stream);
      answer({ kind: "digests", stream, digests: [...digests] });
      break;
    }
    case "abandon":
      streams.delete(stream);
  }
}
