import type { Measured } from "./process.ts";
import { Wire } from "./wire.ts";

/** One request ready to be sent: head and body. */
export interface Shot {
  readonly pieces: readonly Uint8Array[];
  /** False for HEAD, whose Content-Length announces bytes that do not come. */
  readonly withBody: boolean;
  /** Object bytes that it moves. */
  readonly bytes: number;
}

/** What a run gave. */
export interface Figure {
  readonly name: string;
  readonly opsPerSecond: number;
  readonly megabytesPerSecond: number;
  readonly p50: number;
  readonly p99: number;
  /** Server CPU per operation in microseconds, and per GB in seconds. */
  readonly cpuPerOp: number;
  readonly cpuPerGb: number;
  readonly rss: number;
}

/**
 * Sends shots over `connections` connections, each one at a time and at least one, until `seconds` are over, and sums up.
 * @param shot the request number `i`, over all connections
 * @throws Error when any answer is not a 2xx
 */
export async function load(
  name: string,
  server: Measured,
  connections: number,
  seconds: number,
  shot: (i: number) => Shot,
): Promise<Figure> {
  const wires = await Promise.all(Array.from({ length: connections }, () => Wire.open(server.port)));
  const latencies: number[] = [];
  let next = 0;
  let bytes = 0;
  const cpu = server.cpu();
  const begin = performance.now();
  const end = begin + seconds * 1000;
  await Promise.all(wires.map(async (wire) => {
    let sentAt = performance.now();
    do {
      const { pieces, withBody, bytes: size } = shot(next++);
      const { status } = await wire.send(pieces, withBody);
      if (status < 200 || status > 299) throw new Error(`${name}: status ${status}`);
      const now = performance.now();
      latencies.push(now - sentAt);
      bytes += size;
      sentAt = now;
    } while (sentAt < end);
  }));
  const elapsed = (performance.now() - begin) / 1000;
  const used = server.cpu() - cpu;
  for (const wire of wires) wire.close();
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.floor(latencies.length * share)] ?? 0;
  return {
    name,
    opsPerSecond: latencies.length / elapsed,
    megabytesPerSecond: bytes / elapsed / 1e6,
    p50: at(0.5),
    p99: at(0.99),
    cpuPerOp: used / latencies.length * 1e6,
    cpuPerGb: bytes === 0 ? 0 : used / bytes * 1e9,
    rss: server.memory().now,
  };
}

/** Seconds that requests of one kind are sent before they are measured: by then the runtime has compiled their way. */
const WARM_UP = 3;

/** The same once the server is warm. */
export async function loadWarm(...run: Parameters<typeof load>): Promise<Figure> {
  const [name, server, connections, , shot] = run;
  await load(name, server, connections, WARM_UP, shot);
  return await load(...run);
}

/** Several runs of the same as one figure: rates and costs on average, latencies of the middle run. */
export function together(figures: readonly Figure[]): Figure {
  const mean = (value: (figure: Figure) => number) =>
    figures.reduce((sum, figure) => sum + value(figure), 0) / figures.length;
  const middle = (value: (figure: Figure) => number) =>
    figures.map(value).sort((a, b) => a - b)[figures.length >> 1] ?? 0;
  return {
    name: figures[0]?.name ?? "",
    opsPerSecond: mean((figure) => figure.opsPerSecond),
    megabytesPerSecond: mean((figure) => figure.megabytesPerSecond),
    p50: middle((figure) => figure.p50),
    p99: middle((figure) => figure.p99),
    cpuPerOp: mean((figure) => figure.cpuPerOp),
    cpuPerGb: mean((figure) => figure.cpuPerGb),
    rss: figures.at(-1)?.rss ?? 0,
  };
}
