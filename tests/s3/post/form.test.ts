import { Buffer } from "node:buffer";
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { S3Error } from "../../../src/errors/s3-error.ts";
import { type Form, readForm } from "../../../src/s3/post/form.ts";
import { failure } from "../failure.ts";
import { BOUNDARY, CONTENT_TYPE, inChunks, multipart, type Part } from "./multipart.ts";

function read(
  body: Uint8Array | readonly Part[],
  sizes: readonly number[] = [],
  type = CONTENT_TYPE,
): Promise<Form> {
  return readForm(inChunks(body instanceof Uint8Array ? body : multipart(body), sizes), type);
}

async function contents({ file }: Form): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of file) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const FILE: Part = ["file", "content", "photo.jpg"];

describe("readForm", () => {
  test("gives the fields before the file in lower case, the filename and the bytes", async () => {
    const form = await read([["Key", "k/ü"], ["x-amz-meta-A", ""], FILE]);
    expect([...form.fields]).toEqual([["key", "k/ü"], ["x-amz-meta-a", ""]]);
    expect(form.filename).toBe("photo.jpg");
    expect((await contents(form)).toString()).toBe("content");
  });

  test("gives every byte of the file, however the body is cut", async () => {
    const file = fc.array(
      fc.constantFrom("\r", "\n", "\r\n", "-", "--", `\r\n--${BOUNDARY.slice(0, -1)}`, "a", "\0"),
    )
      .map((pieces) => pieces.join(""));
    const sizes = fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 5 });
    await fc.assert(fc.asyncProperty(file, sizes, async (content, cuts) => {
      const form = await read([["key", "k"], ["file", content, "f"], ["submit", "go"]], cuts);
      expect((await contents(form)).toString()).toBe(content);
      expect([...form.fields.keys()]).toEqual(["key"]);
    }));
  });

  test("gives an empty file, a file without a name, and the name alone of a path", async () => {
    const empty = await read([["file", "", "a"]]);
    expect(await contents(empty)).toHaveLength(0);
    expect((await read([["file", "x"]])).filename).toBe("");
    expect((await read([["FILE", "x", "C:/dir/a.txt"]])).filename).toBe("a.txt");
  });

  test("takes a part with a filename but another name for a field", async () => {
    const form = await read([["photo", "x", "a.jpg"], FILE]);
    expect(form.fields.get("photo")).toBe("x");
    expect((await contents(form)).toString()).toBe("content");
  });

  test("ignores fields and files after the file", async () => {
    const form = await read([["key", "k"], FILE, ["key", "other"], ["file", "second", "b"], [
      "x",
      "y".repeat(100_000),
    ]]);
    expect((await contents(form)).toString()).toBe("content");
    expect([...form.fields]).toEqual([["key", "k"]]);
  });

  test("takes a chunk of the body only when the file's consumer asks for more", async () => {
    let taken = 0;
    const whole = multipart([["key", "k"], ["file", new Uint8Array(64 * 1024), "f"]]);
    async function* body() {
      for await (const chunk of inChunks(whole, [1024])) {
        taken++;
        yield chunk;
      }
    }
    const form = await readForm(body(), CONTENT_TYPE);
    expect(taken).toBe(1);
    const bytes = form.file[Symbol.asyncIterator]();
    await bytes.next();
    await bytes.next();
    expect(taken).toBeLessThanOrEqual(4);
  });

  test("ends the file only after the whole body, so that its verifier has had its say", async () => {
    async function* body() {
      yield multipart([FILE]);
      throw new S3Error("XAmzContentSHA256Mismatch");
    }
    const form = await readForm(body(), CONTENT_TYPE);
    expect((await failure(() => contents(form))).code).toBe("XAmzContentSHA256Mismatch");
  });

  test("lets go of the body when it is closed, or when the form is refused", async () => {
    let released = 0;
    async function* body(parts: readonly Part[]) {
      try {
        yield* inChunks(multipart(parts), [50]);
      } finally {
        released++;
      }
    }
    await (await readForm(body([FILE]), CONTENT_TYPE)).close();
    expect(released).toBe(1);
    await failure(() => readForm(body([["key", "a"], ["key", "b"], FILE]), CONTENT_TYPE));
    expect(released).toBe(2);
  });

  test("refuses more than 20 KiB before the file", async () => {
    const form = await read([["key", "k".repeat(19_000)], FILE]);
    expect(form.fields.get("key")).toHaveLength(19_000);
    const long = await failure(() => read([["key", "k".repeat(21 * 1024)], FILE]));
    expect(long.code).toBe("MaxPostPreDataLengthExceededError");
    const many = Array.from({ length: 400 }, (_, i): Part => [`x-ignore-${i}`, ""]);
    expect((await failure(() => read([...many, FILE]))).code).toBe("MaxPostPreDataLengthExceededError");
    const preamble = Buffer.concat([Buffer.alloc(30_000), multipart([FILE])]);
    expect((await failure(() => read(preamble))).code).toBe("MaxPostPreDataLengthExceededError");
  });

  test("refuses a form without a file", async () => {
    const refused = await failure(() => read([["key", "k"]]));
    expect(refused.code).toBe("InvalidArgument");
    expect(refused.message).toBe("POST requires exactly one file upload per request.");
  });

  test("refuses a field that is given twice, in whatever case", async () => {
    expect((await failure(() => read([["key", "a"], ["KEY", "b"], FILE]))).fields).toEqual({
      ArgumentName: "key",
    });
  });

  test("refuses a field or the name of a file that is not UTF-8", async () => {
    const latin1 = (parts: readonly Part[]) => Buffer.from(multipart(parts).toString(), "latin1");
    for (const parts of [[["key", "\xe4"], FILE], [["file", "content", "\xe4.jpg"]]] as const) {
      const refused = await failure(() => read(latin1(parts)));
      expect(refused.code).toBe("InvalidArgument");
    }
  });

  test("refuses a field without a name", async () => {
    expect((await failure(() => read([["", "a"], FILE]))).code).toBe("MalformedPOSTRequest");
  });

  test.each(["multipart/form-data", "multipart/form-data; boundary=", "text/plain; boundary=x", ""])(
    "refuses the content type %j",
    async (type) => {
      expect((await failure(() => read([FILE], [], type))).status).toBe(400);
    },
  );

  test("refuses a body that breaks off anywhere before its closing delimiter", async () => {
    const whole = multipart([["key", "k"], ["file", "content of the file", "f"], ["submit", "go"]]);
    for (const sizes of [[37], [whole.length]]) {
      for (let cut = 0; cut < whole.length - 2; cut++) {
        const refused = await failure(async () => contents(await read(whole.subarray(0, cut), sizes)));
        expect(refused.status).toBe(400);
      }
      for (let cut = whole.length - 2; cut <= whole.length; cut++) {
        const form = await read(whole.subarray(0, cut), sizes);
        expect((await contents(form)).toString()).toBe("content of the file");
      }
    }
  });

  test("answers any bytes with a form or a refusal", async () => {
    const piece = fc.constantFrom(
      `--${BOUNDARY}`,
      `--${BOUNDARY}--`,
      "\r\n",
      "\n",
      'Content-Disposition: form-data; name="file"; filename="f"',
      'Content-Disposition: form-data; name="a"',
      "Content-Disposition: form-data; name*=utf-8''%ff",
      "Content-Disposition: form-data",
      "Content-Disposition: ;;;=",
      "Content-Type: text/plain; charset=nothing",
      ": ",
      "\0\xff",
    );
    const sizes = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 30 }), sizes, async (pieces, cuts) => {
        try {
          await contents(await read(Buffer.from(pieces.join(""), "latin1"), cuts));
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(S3Error);
          expect(thrown).toHaveProperty("status", 400);
        }
      }),
      { numRuns: 500 },
    );
  });
});
