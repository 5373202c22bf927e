import type { ObjectView } from "../sse/sse.ts";
import type { ObjectHandle } from "../store/store.ts";
import type { ReplyStream } from "./operation.ts";
import type { ByteRange } from "./range.ts";

/**
 * The body of an answer: plaintext bytes of an open object. The first chunk is read here, so that an object that
 * cannot be read or opened still gets a proper error answer. The handle is closed at once when all bytes are here,
 * otherwise with the stream; when this throws, it is still the caller's.
 * @throws S3Error whatever the view throws
 */
export async function objectBody(
  handle: ObjectHandle,
  view: ObjectView,
  range: ByteRange,
): Promise<Uint8Array | ReplyStream> {
  if (range.length === 0) {
    handle.close();
    return new Uint8Array();
  }
  const chunks = view.read(handle, range.start, range.length)[Symbol.asyncIterator]();
  const first = await chunks.next();
  if (first.done === true) throw new Error(`no bytes came of the ${range.length} that are there`);
  if (first.value.length < range.length) return new ObjectStream(handle, range.length, first.value, chunks);
  await chunks.return?.();
  handle.close();
  return first.value;
}

/** The chunk that is already here, then the rest. */
class ObjectStream implements ReplyStream, AsyncIterator<Uint8Array> {
  readonly length: number;
  readonly #handle: ObjectHandle;
  readonly #rest: AsyncIterator<Uint8Array>;
  #first: Uint8Array | undefined;

  constructor(handle: ObjectHandle, length: number, first: Uint8Array, rest: AsyncIterator<Uint8Array>) {
    this.length = length;
    this.#handle = handle;
    this.#first = first;
    this.#rest = rest;
  }

  chunks(): AsyncIterable<Uint8Array> {
    return { [Symbol.asyncIterator]: () => this };
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    const first = this.#first;
    if (first === undefined) return await this.#rest.next();
    this.#first = undefined;
    return { done: false, value: first };
  }

  async return(): Promise<IteratorResult<Uint8Array>> {
    await this.#rest.return?.();
    return { done: true, value: undefined };
  }

  close(): void {
    // Reading has ended in any way: a reader that was never started or given up learns it here.
    this.#rest.return?.().catch(() => {});
    this.#handle.close();
  }
}
