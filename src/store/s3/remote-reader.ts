import { type BackendEncryption, ObjectReplaced } from "../store.ts";
import { BrokenAnswer } from "./client/answer-body.ts";
import { unreachable } from "./client/backend.ts";
import { foreign } from "./client/foreign.ts";
import type { RemoteObject } from "./remote-object.ts";
import type { RemoteBytes, RemoteObjects } from "./remote-objects.ts";
import { WholeCheck } from "./whole-check.ts";

/** Most bytes of one chunk, as the contract of stores has it. */
const MAX_CHUNK = 1024 * 1024;
/** How often reading goes on where the connection broke, without anything having come meanwhile. */
const RESUMPTIONS = 3;

/** Where to read. */
export interface RemotePlace {
  readonly objects: RemoteObjects;
  readonly bucket: string;
  readonly key: string;
  readonly encryption: BackendEncryption | undefined;
}

/** An answer that was asked for in advance, with the bytes `[start, start + length)`. */
export interface BytesAhead {
  readonly bytes: RemoteBytes;
  readonly start: number;
  readonly length: number;
}

/**
 * Reads one object of a backend, always the same: by its ETag, whatever is written meanwhile. What comes short is asked
 * for again; what comes from another object, or with other bytes than its digest tells, ends the reading.
 */
export class RemoteReader {
  readonly #place: RemotePlace;
  readonly #object: RemoteObject;
  readonly #checked: boolean;
  #ahead: BytesAhead | undefined;

  /** @param checked whether to compare a whole object with its digest, for bytes that do not prove themselves */
  constructor(place: RemotePlace, object: RemoteObject, checked: boolean, ahead?: BytesAhead) {
    this.#place = place;
    this.#object = object;
    this.#checked = checked;
    this.#ahead = ahead;
  }

  /**
   * Bytes `[start, start + length)` in chunks of at most 1 MiB.
   * @throws ObjectReplaced before the first byte; S3Error
   */
  async *read(start: number, length: number): AsyncGenerator<Uint8Array> {
    const { size } = this.#object;
    if (start + length > size) throw new RangeError("reading past the end of the object");
    if (length === 0) return;
    const check = this.#checked && length === size ? WholeCheck.of(this.#object) : undefined;
    let left = length;
    try {
      for await (const chunk of this.#pieces(start, start + length)) {
        const full = check?.update(chunk);
        if (full !== undefined) await full;
        left -= chunk.length;
        // The last bytes are not given out before all are known to be right.
        if (left === 0) await check?.finish();
        for (let at = 0; at < chunk.length; at += MAX_CHUNK) yield chunk.subarray(at, at + MAX_CHUNK);
      }
    } finally {
      check?.abandon();
    }
  }

  /** Lets go of what was asked for in advance. */
  close(): void {
    this.#ahead?.bytes.body.cancel();
    this.#ahead = undefined;
  }

  async *#pieces(start: number, end: number): AsyncGenerator<Uint8Array> {
    let answer = this.#takeAhead(start, end) ?? await this.#ask(start, end);
    if (answer === undefined) throw new ObjectReplaced("the object was replaced");
    let position = start;
    let resumptions = RESUMPTIONS;
    try {
      while (position < end) {
        const chunk = await nextOf(answer);
        if (chunk instanceof BrokenAnswer) {
          const rest = resumptions-- > 0 ? await this.#ask(position, end) : undefined;
          if (rest === undefined) throw unreachable(chunk);
          answer = rest;
          continue;
        }
        position += chunk.length;
        if (position > end) throw foreign("more than was asked for");
        resumptions = RESUMPTIONS;
        yield chunk;
      }
    } finally {
      answer.body.cancel();
    }
  }

  #takeAhead(start: number, end: number): RemoteBytes | undefined {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    if (ahead === undefined) return undefined;
    if (ahead.start === start && ahead.start + ahead.length === end) return ahead.bytes;
    ahead.bytes.body.cancel();
    return undefined;
  }

  async #ask(start: number, end: number): Promise<RemoteBytes | undefined> {
    const { objects, bucket, key, encryption } = this.#place;
    const { etag } = this.#object;
    return await objects.get(bucket, key, { encryption, etag, range: { start, length: end - start } });
  }
}

/** The next bytes of an answer, or why there are none. */
async function nextOf({ body }: RemoteBytes): Promise<Uint8Array | BrokenAnswer> {
  try {
    const step = await body.next();
    return step.done === true ? new BrokenAnswer("the answer ended early") : step.value;
  } catch (thrown) {
    if (thrown instanceof BrokenAnswer) return thrown;
    throw thrown;
  }
}
