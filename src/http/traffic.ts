/** What has gone over the wire for one request so far. */
export class Traffic {
  /** Milliseconds of the process's own clock, which never goes back. */
  readonly began = performance.now();
  /** Bytes of the request's body, as they came. */
  received = 0;
  /** Bytes of the answer's body. */
  sent = 0;
  /** Milliseconds after the beginning. */
  firstByteAfter: number | undefined;

  /** Called before each piece of an answer goes out. @param bytes of it that belong to the body */
  count(bytes: number): void {
    this.firstByteAfter ??= this.elapsed();
    this.sent += bytes;
  }

  /** Milliseconds since the request came. */
  elapsed(): number {
    return performance.now() - this.began;
  }
}
