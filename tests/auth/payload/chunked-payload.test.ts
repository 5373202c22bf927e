import { Buffer } from "node:buffer";
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { cut, drain, failure, fakeRequest } from "../fake-request.ts";
import { signedChunks, signHeaders, type ToChunk, type ToSign, unsignedChunks } from "../sign.ts";
import { authenticate, BASE } from "../signed.ts";

const SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
const SIGNED_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
const UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
const FORMS = [SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER] as const;
type Form = typeof FORMS[number];

const CRC: readonly [string, string] = ["x-amz-checksum-crc32", "AAAAAA=="];

interface Upload {
  readonly form: Form;
  readonly content: ToChunk;
  /** Declared decoded length; the real one unless given. */
  readonly length?: number | string;
  /** Header `x-amz-trailer`; what really trails unless given. */
  readonly announced?: string;
}

/** Headers and body of an upload as a client would send them. */
function encoded({ form, content, length, announced }: Upload) {
  const trailers = form === SIGNED ? undefined : content.trailers ?? [];
  const names = announced ?? trailers?.map(([name]) => name).join(",") ?? "";
  const request: ToSign = {
    ...BASE,
    method: "PUT",
    headers: {
      ...BASE.headers,
      "x-amz-content-sha256": form,
      "x-amz-decoded-content-length": String(length ?? Buffer.concat(content.chunks).length),
      ...(names === "" ? {} : { "x-amz-trailer": names }),
    },
  };
  const headers = signHeaders(request);
  const signed: ToChunk = { ...content, ...(trailers === undefined ? {} : { trailers }) };
  const wire = form === UNSIGNED_TRAILER ? unsignedChunks(content) : signedChunks(request, headers, signed);
  return { headers, wire };
}

function payloadOf(headers: Readonly<Record<string, string>>, body: readonly Uint8Array[]) {
  return authenticate(fakeRequest({ method: "PUT", target: BASE.path, headers, body }).request).payload;
}

async function code(upload: Upload, change: (wire: Buffer) => Uint8Array = (wire) => wire): Promise<string> {
  const { headers, wire } = encoded(upload);
  return (await failure(() => drain(payloadOf(headers, [change(wire)])))).code;
}

const bytes = (size: number, seed = 7) =>
  Buffer.from(Array.from({ length: size }, (_, i) => (i * seed) % 251));

/** Chunks as AWS allows them: all but the last of 8 KiB at least. */
const chunks = fc.tuple(
  fc.array(fc.integer({ min: 8192, max: 8300 }), { maxLength: 2 }),
  fc.integer({ min: 0, max: 40 }),
).map(([sizes, last]) => [...sizes, last].filter((size) => size > 0).map((size) => bytes(size)));

const form = fc.constantFrom<Form[]>(...FORMS);
const trailerEnd = fc.constantFrom<("\r\n" | "\n\r\n")[]>("\r\n", "\n\r\n");

describe("a chunked body", () => {
  test("comes out as it went in, in whatever pieces it arrives", async () => {
    const pieces = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(form, chunks, trailerEnd, pieces, async (form, chunks, trailerEnd, pieces) => {
        const content = { chunks, trailerEnd, ...(form === SIGNED ? {} : { trailers: [CRC] }) };
        const { headers, wire } = encoded({ form, content });
        const { bytes, digests, trailers } = await drain(payloadOf(headers, cut(wire, pieces)), [
          "md5",
          "sha256",
        ]);
        expect(bytes.equals(Buffer.concat(chunks))).toBe(true);
        expect([...digests.keys()].sort()).toEqual(["md5", "sha256"]);
        expect([...trailers]).toEqual(form === SIGNED ? [] : [[...CRC]]);
      }),
      { numRuns: 150 },
    );
  });

  test("arrives even a byte at a time", async () => {
    for (const form of FORMS) {
      const content = { chunks: [bytes(8192), bytes(3)], ...(form === SIGNED ? {} : { trailers: [CRC] }) };
      const { headers, wire } = encoded({ form, content });
      const got = await drain(payloadOf(headers, cut(wire, [1])));
      expect(got.bytes.equals(Buffer.concat(content.chunks))).toBe(true);
    }
  });

  test("is refused when any byte of a signed one is changed", async () => {
    const both = fc.constantFrom<Form[]>(SIGNED, SIGNED_TRAILER);
    const at = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    await fc.assert(
      fc.asyncProperty(both, at, fc.integer({ min: 1, max: 255 }), async (form, at, flip) => {
        const content = {
          chunks: [bytes(20)],
          ...(form === SIGNED ? {} : { trailers: [CRC] }),
        };
        const { headers, wire } = encoded({ form, content });
        const index = Math.floor(at * wire.length);
        const changed = Uint8Array.from(wire);
        changed[index] = (changed[index] ?? 0) ^ flip;
        if (sameMeaning(wire, changed, index)) return;
        const error = await failure(() => drain(payloadOf(headers, [changed])));
        expect(["SignatureDoesNotMatch", "IncompleteBody", "MalformedTrailerError"]).toContain(error.code);
      }),
      { numRuns: 600 },
    );
  });

  test("is refused wherever it is cut off before its last chunk is whole", async () => {
    for (const form of FORMS) {
      const content = { chunks: [bytes(20)], ...(form === SIGNED ? {} : { trailers: [CRC] }) };
      const { headers, wire } = encoded({ form, content });
      // The empty line at the very end is the one thing that may be missing.
      for (let length = 0; length < wire.length - 2; length++) {
        await failure(() => drain(payloadOf(headers, [wire.subarray(0, length)])));
      }
    }
  });

  test("is refused with chunks swapped, repeated or left out", async () => {
    const content = { chunks: [bytes(8192), bytes(8192, 3), bytes(5)] };
    const size = 8192 + "2000;chunk-signature=\r\n\r\n".length + 64;
    const first = (wire: Buffer) => wire.subarray(0, size);
    const second = (wire: Buffer) => wire.subarray(size, 2 * size);
    const rest = (wire: Buffer) => wire.subarray(2 * size);
    const swapped = (wire: Buffer) => Buffer.concat([second(wire), first(wire), rest(wire)]);
    expect(await code({ form: SIGNED, content }, swapped)).toBe("SignatureDoesNotMatch");
    const repeated = (wire: Buffer) => Buffer.concat([first(wire), first(wire), rest(wire)]);
    expect(await code({ form: SIGNED, content }, repeated)).toBe("SignatureDoesNotMatch");
    const shorter = (wire: Buffer) => Buffer.concat([first(wire), rest(wire)]);
    expect(await code({ form: SIGNED, content }, shorter)).toBe("SignatureDoesNotMatch");
  });
});

/** Changes that a reader may not see: another case of a hexadecimal size or of a header's name. */
function sameMeaning(wire: Buffer, changed: Uint8Array, index: number): boolean {
  const lines = (all: Uint8Array) => Buffer.from(all).toString("latin1");
  const start = lines(wire).lastIndexOf("\n", index - 1) + 1;
  const line = (all: Uint8Array) => lines(all).slice(start, lines(all).indexOf("\n", start) + 1);
  const folded = (text: string) => {
    const name = text.slice(0, text.search(/[;:]/));
    return name.toLowerCase() + text.slice(name.length);
  };
  return folded(line(wire)) === folded(line(changed));
}

describe("of a chunked body", () => {
  const one = { chunks: [bytes(20)] };

  test.each(FORMS)("%s needs its decoded length, a number", async (form) => {
    const { headers } = encoded({ form, content: one });
    const { "x-amz-decoded-content-length": _, authorization: __, ...rest } = headers;
    const resigned = signHeaders({ ...BASE, method: "PUT", headers: rest });
    expect((await failure(() => payloadOf(resigned, []))).code).toBe("MissingContentLength");
    for (const length of ["", "-1", "1e3", "0x10", "1 ", "9".repeat(16)]) {
      expect(await code({ form, content: one, length })).toBe("InvalidArgument");
    }
  });

  test.each(FORMS)("%s the decoded length must be the real one", async (form) => {
    const content = form === SIGNED ? one : { ...one, trailers: [CRC] };
    expect(await code({ form, content, length: 19 })).toBe("IncompleteBody");
    expect(await code({ form, content, length: 21 })).toBe("IncompleteBody");
    expect(await code({ form, content, length: 0 })).toBe("IncompleteBody");
  });

  test.each(FORMS)("%s chunks may be small, wherever they stand", async (form) => {
    const chunks = [bytes(1), bytes(8192), bytes(8191), bytes(1)];
    const { headers, wire } = encoded({ form, content: { chunks } });
    expect((await drain(payloadOf(headers, [wire]))).bytes).toEqual(Buffer.concat(chunks));
  });

  test.each(FORMS)("%s nothing may follow the end", async (form) => {
    const content = form === SIGNED ? one : { ...one, trailers: [CRC] };
    for (const more of ["\r\n", "x", "0\r\n\r\n"]) {
      expect(await code({ form, content }, (wire) => Buffer.concat([wire, Buffer.from(more)]))).toBe(
        "IncompleteBody",
      );
    }
  });

  test("the last, empty chunk must be there even when there is nothing else", async () => {
    expect(await code({ form: SIGNED, content: { chunks: [] } }, () => Buffer.alloc(0))).toBe(
      "IncompleteBody",
    );
    const { headers, wire } = encoded({ form: SIGNED, content: { chunks: [] } });
    expect((await drain(payloadOf(headers, [wire]))).bytes.length).toBe(0);
  });

  test.each([
    ["a size that is no number", "g\r\n"],
    ["no size", "\r\n"],
    ["a negative size", "-1\r\n"],
    ["a blank", " 5\r\nhello\r\n0\r\n\r\n"],
    ["a size without end", `${"0".repeat(100_000)}`],
    ["a size beyond everything", "fffffffffffffffff\r\n"],
    ["LF alone", "5\nhello\r\n0\r\n\r\n"],
    ["an extension that nobody knows", "5;a=b\r\nhello\r\n0\r\n\r\n"],
    ["more bytes than the size says", "5\r\nhello!\r\n0\r\n\r\n"],
    ["no end of the chunk", "5\r\nhello0\r\n\r\n"],
  ])("the framing is refused with %s", async (_what, wire) => {
    const upload: Upload = { form: UNSIGNED_TRAILER, content: { chunks: [] }, length: 5 };
    expect(await code(upload, () => Buffer.from(wire))).toBe("IncompleteBody");
  });

  test("a signed one needs a signature in every chunk", async () => {
    const bare = (wire: Buffer) =>
      Buffer.from(wire.toString("latin1").replace(/;chunk-signature=\w+/, ""), "latin1");
    expect(await code({ form: SIGNED, content: one }, bare)).toBe("SignatureDoesNotMatch");
  });

  test.each<[string, string, string]>([
    ["a line without end", "a".repeat(4097), "IncompleteBody"],
    ["trailers without end", `0\r\n${"a:b\r\n".repeat(21)}`, "MalformedTrailerError"],
    ["bytes after the end", "0\r\n\r\nx", "IncompleteBody"],
  ])("%s is refused while the client still sends", async (_what, sent, expected) => {
    const { headers } = encoded({ form: UNSIGNED_TRAILER, content: { chunks: [] } });
    const { request, wire } = fakeRequest({ method: "PUT", target: BASE.path, headers });
    wire.write(sent);
    const { code } = await failure(() => drain(authenticate(request).payload));
    expect<string>(code).toBe(expected);
  });

  test("a huge chunk is refused by its size, before its bytes come", async () => {
    const { headers } = encoded({ form: UNSIGNED_TRAILER, content: { chunks: [] }, length: 5 });
    const { request, wire } = fakeRequest({ method: "PUT", target: BASE.path, headers });
    wire.write("fffffffff\r\n");
    expect((await failure(() => drain(authenticate(request).payload))).code).toBe("IncompleteBody");
  });
});

test.each(FORMS)(
  "%s: what a piece of the wire brings has memory of its own, and the piece is freed",
  async (form) => {
    const sent = Array.from({ length: 8 }, (_, i) => bytes(65_536, i + 3));
    const { headers, wire } = encoded({ form, content: { chunks: sent } });
    const pieces = cut(wire, [200_000]);
    const body = payloadOf(headers, pieces).open(["md5"]);
    const came: Buffer[] = [];
    for await (const chunk of body) {
      expect(chunk.byteLength).toBe(chunk.buffer.byteLength);
      came.push(Buffer.from(chunk));
    }
    expect(Buffer.concat(came).equals(Buffer.concat(sent))).toBe(true);
    expect(pieces.map((piece) => piece.length)).toEqual(pieces.map(() => 0));
  },
);

describe("trailing headers", () => {
  const content = { chunks: [bytes(20)], trailers: [CRC, ["x-amz-checksum-sha1", "c2hhMQ=="]] as const };
  const announced = "x-amz-checksum-crc32, X-Amz-Checksum-SHA1";

  test.each([SIGNED_TRAILER, UNSIGNED_TRAILER] as const)("of %s are known by name beforehand", (form) => {
    const { headers } = encoded({ form, content, announced });
    expect(payloadOf(headers, []).announcedTrailers).toEqual(["x-amz-checksum-crc32", "x-amz-checksum-sha1"]);
  });

  test.each([SIGNED_TRAILER, UNSIGNED_TRAILER] as const)("of %s must be those announced", async (form) => {
    for (
      const announced of ["x-amz-checksum-crc32", `${CRC[0]},x-amz-checksum-sha1,x-amz-checksum-md5`, "a"]
    ) {
      expect(await code({ form, content, announced })).toBe("MalformedTrailerError");
    }
    const twice = { ...content, trailers: [CRC, CRC] };
    expect(await code({ form, content: twice, announced: CRC[0] })).toBe("MalformedTrailerError");
    expect(await code({ form, content: { chunks: content.chunks }, announced })).toBe(
      "MalformedTrailerError",
    );
  });

  test("are bounded in number and length", async () => {
    const upload: Upload = { form: UNSIGNED_TRAILER, content: { chunks: [] } };
    expect(await code(upload, () => Buffer.from(`0\r\n${"a:b\r\n".repeat(100_000)}`))).toBe(
      "MalformedTrailerError",
    );
    expect(await code(upload, () => Buffer.from(`0\r\na:${"b".repeat(100_000)}`))).toBe("IncompleteBody");
    expect(await code(upload, () => Buffer.from("0\r\nno colon\r\n\r\n"))).toBe("MalformedTrailerError");
  });

  test("have a name and a value without a blank, one before the value aside", async () => {
    const upload: Upload = { form: UNSIGNED_TRAILER, content: { chunks: [] }, announced: CRC[0], length: 0 };
    const { headers } = encoded(upload);
    const trailed = (text: string) => drain(payloadOf(headers, [Buffer.from(`0\r\n${text}\r\n`, "latin1")]));
    const { trailers } = await trailed("x-amz-checksum-crc32: AAAAAA==\r\n");
    expect([...trailers]).toEqual([[...CRC]]);
    for (
      const text of ["%: \0AAA", "% :AAAA", " %:AAAA", "%:AAAA \r\n", "%:AAAA\t\n", "%:AA\xa0", "%:A A", ":A"]
    ) {
      const named = text.replace("%", CRC[0]);
      const line = named.endsWith("\n") ? named : `${named}\r\n`;
      expect((await failure(() => trailed(line))).code).toBe("MalformedTrailerError");
    }
  });

  test("have no place in a body that has none", async () => {
    const late = (wire: Buffer) => Buffer.concat([wire.subarray(0, -2), Buffer.from("a:b\r\n\r\n")]);
    expect(await code({ form: SIGNED, content: { chunks: [] } }, late)).toBe("MalformedTrailerError");
  });

  test("of a signed body need a signature, which comes last and once", async () => {
    const signed: Upload = { form: SIGNED_TRAILER, content, announced };
    const edit = (from: RegExp, to: string) => (wire: Buffer) =>
      Buffer.from(wire.toString("latin1").replace(from, to), "latin1");
    const line = /x-amz-trailer-signature:\w+\r\n/;
    expect(await code(signed, edit(line, ""))).toBe("SignatureDoesNotMatch");
    expect(await code(signed, edit(/(x-amz-trailer-signature:\w+\r\n)/, "$1$1"))).toBe(
      "MalformedTrailerError",
    );
    expect(await code(signed, edit(/(x-amz-checksum-sha1:.*\r\n)(x-amz-trailer-signature:\w+\r\n)/, "$2$1")))
      .toBe(
        "MalformedTrailerError",
      );
    expect(await code(signed, edit(/c2hhMQ==/, "c2hhMg=="))).toBe("SignatureDoesNotMatch");
  });

  test("are not known before the body has ended", async () => {
    const { headers, wire } = encoded({ form: UNSIGNED_TRAILER, content, announced });
    const body = payloadOf(headers, [wire]).open(["md5"]);
    expect((await failure(() => body.trailers())).code).toBe("InternalError");
    expect((await failure(() => body.digests())).code).toBe("InternalError");
  });
});
