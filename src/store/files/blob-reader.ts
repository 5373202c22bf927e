import { Buffer } from "node:buffer";
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { PACKAGE_SIZE } from "../../crypto/dare.ts";
import { tampered } from "../../errors/tampered.ts";

/** A file and how many bytes of the body it holds. */
export interface BodySegment {
  readonly path: string;
  readonly size: number;
  /** The file where it is open already. It stays open. */
  readonly handle?: FileHandle;
}

/** Reads are made of so many bytes, so that what is encrypted comes in whole packages, which need not be put together. */
const UNIT = PACKAGE_SIZE;
const MOST_UNITS = 15;
/**
 * Readers share this many units a round. Chunks become the consumer's, so they cannot be pooled, and with many slow
 * readers the garbage of large ones outgrows all else (32 readers: 150 MB more memory with 256 KiB than with 64 KiB).
 */
const SHARED_UNITS = 32;

/** A link in the place of a file could lead to anything that this process may read. */
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW;

let readers = 0;

/**
 * Bytes `[start, start + length)` of a body that rests in files one after the other, in chunks of at most 1 MiB that
 * belong to the consumer. One chunk is read ahead.
 * @throws S3Error XMinioObjectTampered when a file is missing, a link, or shorter than its segment
 */
export async function* readFiles(
  segments: readonly BodySegment[],
  start: number,
  length: number,
): AsyncGenerator<Uint8Array, void, void> {
  const source = new SegmentSource();
  let ahead: Promise<Uint8Array> | undefined;
  readers++;
  try {
    const extents = splitRange(segments, start, length);
    const readNext = () => {
      const next = extents.next();
      if (next.done) return undefined;
      const reading = source.read(next.value);
      // Whoever consumes may be slow or gone; the error is thrown when its chunk is due.
      reading.catch(() => {});
      return reading;
    };
    ahead = readNext();
    while (ahead !== undefined) {
      const chunk = await ahead;
      ahead = readNext();
      yield chunk;
    }
  } finally {
    readers--;
    await ahead?.catch(() => {});
    await source.close();
  }
}

/** Some bytes of one file. */
interface Extent {
  readonly segment: BodySegment;
  readonly position: number;
  readonly length: number;
}

function* splitRange(segments: readonly BodySegment[], start: number, length: number): Generator<Extent> {
  const end = start + length;
  const total = segments.reduce((sum, segment) => sum + segment.size, 0);
  if (end > total) throw tampered(`the body ends at ${total}, before ${end}`);
  let segmentStart = 0;
  for (const segment of segments) {
    const segmentEnd = segmentStart + segment.size;
    if (segmentStart >= end) break;
    const last = Math.min(end, segmentEnd);
    for (let at = Math.max(start, segmentStart); at < last;) {
      const taken = Math.min(readSize(), last - at);
      yield { segment, position: at - segmentStart, length: taken };
      at += taken;
    }
    segmentStart = segmentEnd;
  }
}

function readSize(): number {
  return UNIT * Math.min(Math.max(Math.floor(SHARED_UNITS / readers), 1), MOST_UNITS);
}

/** Reads extents one after the other, keeping the file of the last one open. */
class SegmentSource {
  #segment: BodySegment | undefined;
  #handle: FileHandle | undefined;

  async read(extent: Extent): Promise<Uint8Array> {
    const handle = await this.#open(extent.segment);
    const chunk = Buffer.allocUnsafeSlow(extent.length);
    for (let filled = 0; filled < chunk.length;) {
      const rest = chunk.length - filled;
      const { bytesRead } = await handle.read(chunk, filled, rest, extent.position + filled);
      if (bytesRead === 0) {
        throw tampered(`${extent.segment.path} ends before byte ${extent.position + chunk.length}`);
      }
      filled += bytesRead;
    }
    return chunk;
  }

  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    this.#segment = undefined;
    await handle?.close();
  }

  async #open(segment: BodySegment): Promise<FileHandle> {
    if (segment.handle !== undefined) return segment.handle;
    if (this.#handle !== undefined && this.#segment === segment) return this.#handle;
    await this.close();
    this.#handle = await open(segment.path, OPEN_FLAGS).catch((thrown: unknown) => {
      throw isOdd(thrown) ? tampered(thrown) : thrown;
    });
    this.#segment = segment;
    return this.#handle;
  }
}

/** Whether it is the file that is at fault, which is gone or a link that somebody put in its place. */
function isOdd(thrown: unknown): boolean {
  return thrown instanceof Error && "code" in thrown && (thrown.code === "ENOENT" || thrown.code === "ELOOP");
}
