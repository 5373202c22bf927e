import { Buffer } from "node:buffer";
import { S3Error } from "../../errors/s3-error.ts";

/** Longest line of the framing, its end included: a chunk header or a trailing header. */
const MAX_LINE = 4096;
/** Most trailing lines. */
const MAX_TRAILERS = 20;

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

/** What is expected next. `trailer-end`: what may be left of the end of a trailing line. */
type State = "header" | "data" | "data-end" | "trailer" | "trailer-end" | "done";

/** Takes apart the `aws-chunked` encoding in whatever pieces it arrives. Holds at most one line. */
export class ChunkDecoder {
  readonly #events: ChunkEvents;
  readonly #withTrailers: boolean;
  #state: State = "header";
  #line = "";
  #left = 0;
  #trailers = 0;

  constructor(events: ChunkEvents, withTrailers: boolean) {
    this.#events = events;
    this.#withTrailers = withTrailers;
  }

  /** @throws S3Error IncompleteBody, MalformedTrailerError, and whatever the events throw */
  take(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#state === "data") {
        const piece = bytes.subarray(at, at + this.#left);
        at += piece.length;
        this.#left -= piece.length;
        this.#events.data(piece);
        if (this.#left === 0) this.#state = "data-end";
        continue;
      }
      if (this.#state === "done") {
        throw new S3Error("IncompleteBody", { message: "Bytes follow the last chunk." });
      }
      const end = bytes.indexOf(0x0a, at);
      const stop = end < 0 ? bytes.length : end + 1;
      if (this.#line.length + stop - at > MAX_LINE) throw malformed();
      this.#line += Buffer.from(bytes.buffer, bytes.byteOffset + at, stop - at).toString("latin1");
      at = stop;
      if (end >= 0) {
        const line = this.#line;
        this.#line = "";
        this.#takeLine(line);
      }
    }
  }

  /** The encoded body is over. @throws S3Error IncompleteBody unless the last chunk and the trailers have come */
  finish(): void {
    // Some clients leave the empty line at the end away; nothing can follow it.
    const over = this.#state === "done" || this.#state === "trailer" || this.#state === "trailer-end";
    if (!over || this.#line !== "") throw new S3Error("IncompleteBody");
  }

  /** @param line with its end */
  #takeLine(line: string): void {
    switch (this.#state) {
      case "header":
        return this.#begin(line);
      case "data-end":
        if (line !== "\r\n") throw malformed();
        this.#events.end();
        this.#state = "header";
        return;
      case "trailer-end":
        this.#state = "trailer";
        if (line === "\r\n") return;
    }
    if (line === "\r\n") {
      this.#state = "done";
      return;
    }
    this.#trailers++;
    if (!this.#withTrailers || this.#trailers > MAX_TRAILERS) throw new S3Error("MalformedTrailerError");
    const crlf = line.endsWith("\r\n");
    this.#events.trailer(line.slice(0, crlf ? -2 : -1));
    // A trailing line ends with CRLF or, as MinIO's clients write it, with LF CRLF.
    if (!crlf) this.#state = "trailer-end";
  }

  #begin(line: string): void {
    const [, digits, signature] =
      /^([0-9a-fA-F]{1,12})(?:;chunk-signature=([0-9a-f]{64}))?\r\n$/.exec(line) ??
        [];
    if (digits === undefined) throw malformed();
    const size = Number.parseInt(digits, 16);
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
