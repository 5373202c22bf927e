import { giveBack } from "../../crypto/give-back.ts";
import { S3Error } from "../../errors/s3-error.ts";
import { BlobWriter, type DraftFiles, type FileBody } from "./blob-writer.ts";

/** What a client sends: bytes, perhaps their number, and what is known once they have passed. */
export interface Incoming<A> {
  /** Its chunks are the receiver's, and freed once they are taken. */
  readonly body: AsyncIterable<Uint8Array>;
  readonly storedSize?: number;
  readonly attributes: () => A | Promise<A>;
}

/** A body at rest, with what its sender knows of it. */
export interface Received<B, A> {
  readonly body: B;
  readonly attributes: A;
}

/**
 * Takes a body to its end, into a file of its own, and asks for its attributes.
 * @throws S3Error XMinioStorageFull; IncompleteBody when the body has not `storedSize` bytes; whatever `body` and
 * `attributes` throw
 */
export async function receiveFile<A>(
  files: DraftFiles,
  incoming: Incoming<A>,
): Promise<Received<FileBody, A>> {
  files.requireSpace(incoming.storedSize ?? 0);
  return await receive(await BlobWriter.create(files), incoming);
}

/** What takes the bytes of a body. */
export interface Receiver<B> {
  /** Bytes taken so far. */
  readonly size: number;
  /** Copies the bytes; they are not needed any more when this resolves. */
  write(chunk: Uint8Array): Promise<void>;
  finish(): Promise<B>;
  abandon(): Promise<void>;
}

/**
 * Takes a body to its end and asks for its attributes. Whatever is thrown on the way, nothing of it is left.
 * @throws S3Error IncompleteBody when the body has not `storedSize` bytes; whatever the receiver, `body` and
 * `attributes` throw
 */
export async function receive<B, A>(receiver: Receiver<B>, incoming: Incoming<A>): Promise<Received<B, A>> {
  try {
    for await (const chunk of incoming.body) {
      await receiver.write(chunk);
      giveBack(chunk);
    }
    if (incoming.storedSize !== undefined && incoming.storedSize !== receiver.size) {
      throw new S3Error("IncompleteBody");
    }
    const attributes = await incoming.attributes();
    return { body: await receiver.finish(), attributes };
  } catch (error) {
    await receiver.abandon();
    throw error;
  }
}
