import { Buffer } from "node:buffer";
import { S3Error } from "../../errors/s3-error.ts";

/** Longest line of the framing: a chunk header or a trailing header. */
const MAX_LINE = 8 * 1024;
/** Most trailing lines. */
const MAX_TRAILERS = 20;
/** Largest chunk: that of a single PutObject, 5 GiB. */
const MAX_CHUNK = 5 * 2 ** 30;

/** What the framing says as it is taken apart. Calls come in the order of the wire. */
export interface ChunkEvents {
  /** A chunk of `size` decoded bytes begins; 0 is the last. `signature` is that of its header, if it has one. */
  begin(size: number, signature: string | undefined): void;
  /** Decoded bytes of the chunk begun last. */
  data(bytes: Uint8Array): void;
  /** All bytes of a chunk have passed. */
  end(): void;
  /** One trailing line `name:value`, without its end. */
  trailer(line: string): void;
}

type State = "header" | "data" | "data-end" | "trailer" | "done";

/** Takes apart the `aws-chunked` encoding in whatever pieces it arrives. Holds at most one line. */
export class ChunkDecoder {
  readonly #events: ChunkEvents;
  readonly #withTrailers: boolean;
  #state: State = "header";
  #line: Buffer = Buffer.alloc(0);
  #left = 0;
  #trailers = 0;

  constructor(events: ChunkEvents, withTrailers: boolean) {
    this.#events = events;
    this.#withTrailers = withTrailers;
  }

  /** @throws S3Error IncompleteBody, InvalidChunkSizeError, MalformedTrailerError, and whatever the events throw */
  take(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#state === "data") {
        const piece = bytes.subarray(at, at + this.#left);
        this.#events.data(piece);
        at += piece.length;
        this.#left -= piece.length;
        if (this.#left === 0) this.#state = "data-end";
        continue;
      }
      if (this.#state === "done") {
        throw new S3Error("IncompleteBody", { message: "Bytes follow the last chunk." });
      }
      const end = bytes.indexOf(0x0a, at);
      const stop = end < 0 ? bytes.length : end + 1;
      if (this.#line.length + stop - at > MAX_LINE) throw malformed();
      this.#line = Buffer.concat([this.#line, bytes.subarray(at, stop)]);
      at = stop;
      if (end >= 0) this.#takeLine();
    }
  }

  /** The encoded body is over. @throws S3Error IncompleteBody unless the last chunk and the trailers have come */
  finish(): void {
    // Some clients leave the empty line after the trailers away; nothing can follow them.
    if (this.#state === "trailer" && this.#line.length === 0) return;
    if (this.#state !== "done") throw new S3Error("IncompleteBody");
  }

  #takeLine(): void {
    const line = this.#line.toString("latin1").replace(/\r?\n$/, "");
    this.#line = Buffer.alloc(0);
    if (this.#state === "header") return this.#begin(line);
    if (this.#state === "data-end") {
      if (line !== "") throw malformed();
      this.#events.end();
      this.#state = "header";
      return;
    }
    if (line === "") {
      this.#state = "done";
      return;
    }
    this.#trailers++;
    if (!this.#withTrailers || this.#trailers > MAX_TRAILERS) throw new S3Error("MalformedTrailerError");
    this.#events.trailer(line);
  }

  #begin(line: string): void {
    const [, digits, signature] = /^([0-9a-fA-F]{1,10})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(line) ??
      [];
    if (digits === undefined) throw malformed();
    const size = Number.parseInt(digits, 16);
    if (size > MAX_CHUNK) throw new S3Error("InvalidChunkSizeError", { message: "A chunk is too large." });
    this.#events.begin(size, signature);
    this.#left = size;
    if (size > 0) {
      this.#state = "data";
      return;
    }
    this.#events.end();
    this.#state = "trailer";
  }
}

function malformed(): S3Error {
  return new S3Error("IncompleteBody", { message: "The aws-chunked encoding of the body is malformed." });
}
