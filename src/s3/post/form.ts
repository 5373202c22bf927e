import { Buffer } from "node:buffer";
import { Busboy, type BusboyInstance } from "@fastify/busboy";
import { S3Error } from "../../errors/s3-error.ts";

/** A form whose fields are read and whose file is about to be. */
export interface Form {
  /** Fields that came before the file, names in lower case. */
  readonly fields: ReadonlyMap<string, string>;
  /** Name of the file on the client's side, without directories; `""` when it sent none. */
  readonly filename: string;
  /** The bytes of the file, pulled by the consumer. Ends once the body that carries the form has ended. */
  readonly file: AsyncIterable<Uint8Array>;
  /** Gives the body up. Harmless after `file` has ended. */
  close(): Promise<void>;
}

/** The most bytes that may come before the contents of the file, counted in pieces. */
const MAX_BEFORE_FILE = 20 * 1024;
const PIECE = 1024;
/** What the parser makes of bytes that are no UTF-8: another key than the one that was meant. */
const REPLACED = "\ufffd";

/**
 * Reads a `multipart/form-data` body (RFC 7578) up to the contents of its part `file`. What comes after the file is
 * read and ignored, as S3 does.
 * @param body chunks of it are taken one at a time, when the file's consumer asks for more
 * @throws S3Error MalformedPOSTRequest, MaxPostPreDataLengthExceededError, InvalidArgument; from `file` also
 * whatever `body` throws
 */
export async function readForm(body: AsyncIterable<Uint8Array>, contentType: string): Promise<Form> {
  const source = body[Symbol.asyncIterator]();
  const close = async () => void await source.return?.();
  try {
    const parser = new FormParser(contentType);
    let bytes = 0;
    let rest: Uint8Array = new Uint8Array();
    while (parser.filename === undefined) {
      if (bytes >= MAX_BEFORE_FILE) throw new S3Error("MaxPostPreDataLengthExceededError");
      if (rest.length === 0) {
        const next = await source.next();
        if (next.done === true) throw withoutFile();
        rest = next.value;
      }
      const piece = rest.subarray(0, PIECE);
      rest = rest.subarray(piece.length);
      bytes += piece.length;
      await parser.take(piece);
    }
    const { fields, filename } = parser;
    return { fields, filename, file: fileOf(parser, rest, source), close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

/** The bytes of the file: what the parser has of it, then what it makes of the rest of the body. */
async function* fileOf(
  parser: FormParser,
  rest: Uint8Array,
  source: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  if (rest.length > 0) await parser.take(rest);
  while (true) {
    yield* parser.given();
    const next = await source.next();
    if (next.done === true) break;
    await parser.take(next.value);
  }
  await parser.finish();
  yield* parser.given();
}

/** Busboy behind a pull: it is fed one chunk, and what it made of that is fetched before it gets the next. */
class FormParser {
  readonly fields = new Map<string, string>();
  /** Set once the contents of the file have begun. */
  filename: string | undefined;
  readonly #busboy: BusboyInstance;
  #given: Uint8Array[] = [];
  #fault: S3Error | undefined;
  #wake = () => {};

  /** @throws S3Error MalformedPOSTRequest when the content type names no boundary */
  constructor(contentType: string) {
    try {
      this.#busboy = new Busboy({
        headers: { "content-type": contentType },
        isPartAFile: (name) => name?.toLowerCase() === "file",
        limits: { files: 1, fieldSize: MAX_BEFORE_FILE },
      });
    } catch (cause) {
      throw new S3Error("MalformedPOSTRequest", { cause });
    }
    const malformed = (cause: unknown) => this.#fail(new S3Error("MalformedPOSTRequest", { cause }));
    this.#busboy.on("field", (name, value) => this.#field(name, value));
    this.#busboy.on("file", (_name, stream, filename: string | undefined) => {
      if (filename?.includes(REPLACED)) this.#fail(notUtf8("file"));
      this.filename = filename ?? "";
      stream.on("data", (chunk: Uint8Array) => this.#given.push(chunk));
      stream.on("error", malformed);
    });
    this.#busboy.on("error", malformed);
  }

  /** Resolves when the chunk has been parsed and the parser would take more. */
  async take(chunk: Uint8Array): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      this.#busboy.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length), () => resolve());
    });
    if (this.#fault !== undefined) throw this.#fault;
  }

  /**
   * Resolves when everything that was fed has been parsed.
   * @throws S3Error MalformedPOSTRequest when that was no whole form: a file that broke off looks complete until here
   */
  async finish(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      this.#busboy.on("finish", resolve);
      this.#busboy.end();
    });
    if (this.#fault !== undefined) throw this.#fault;
  }

  /** Bytes of the file since the last call. */
  given(): Uint8Array[] {
    const given = this.#given;
    this.#given = [];
    return given;
  }

  #field(name: string | undefined, value: string): void {
    if (this.filename !== undefined) return;
    const field = (name ?? "").toLowerCase();
    if (field === "") this.#fail(new S3Error("MalformedPOSTRequest"));
    if ((field + value).includes(REPLACED)) this.#fail(notUtf8(field));
    if (this.fields.has(field)) this.#fail(givenTwice(field));
    this.fields.set(field, value);
  }

  #fail(fault: S3Error): void {
    this.#fault ??= fault;
    this.#wake();
  }
}

function givenTwice(field: string): S3Error {
  return new S3Error("InvalidArgument", {
    message: `POST requires at most one field of each name, but ${field} was given more than once.`,
    fields: { ArgumentName: field },
  });
}

function notUtf8(field: string): S3Error {
  return new S3Error("InvalidArgument", {
    message: "POST requires that names and values of fields are UTF-8.",
    fields: { ArgumentName: field },
  });
}

function withoutFile(): S3Error {
  return new S3Error("InvalidArgument", {
    message: "POST requires exactly one file upload per request.",
    fields: { ArgumentName: "file", ArgumentValue: "0" },
  });
}
