import { Buffer } from "node:buffer";
import { createHash, randomBytes } from "node:crypto";
import { describe, expect, test } from "bun:test";
import type { Identity } from "../../../src/auth/authentication.ts";
import { createAuthoriser } from "../../../src/auth/authorise.ts";
import { S3Error } from "../../../src/errors/s3-error.ts";
import type { Call } from "../../../src/s3/operation.ts";
import { postObject } from "../../../src/s3/operations/post-object.ts";
import type { ObjectRecord, Store } from "../../../src/store/store.ts";
import { openBuckets } from "../bucket-fixture.ts";
import { makeCall, replyText } from "../call.ts";
import { failure } from "../failure.ts";
import { BOUNDARY, CONTENT_TYPE, inChunks, multipart, type Part } from "../post/multipart.ts";

const SIGNER: Identity = { kind: "user", accessKey: "minioadmin" };
const ANONYMOUS: Identity = { kind: "anonymous" };
const md5 = (bytes: string | Uint8Array) => createHash("md5").update(bytes).digest("hex");

function policy(...conditions: unknown[]): Part {
  const json = { expiration: "2100-01-01T00:00:00Z", conditions: [{ bucket: "box" }, ...conditions] };
  return ["policy", Buffer.from(JSON.stringify(json)).toString("base64")];
}

interface Upload {
  readonly parts: readonly Part[];
  /** The whole body in place of one made of the parts. */
  readonly body?: AsyncIterable<Uint8Array>;
  readonly target?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly authorise?: Call["authorise"];
}

/** A form that is signed when it has a policy, as `verifyForm` would find. */
function formCall(store: Store, { parts, body, target = "/box", headers = {}, authorise }: Upload): Call {
  const call = makeCall({
    store,
    target,
    method: "POST",
    headers: { "content-type": CONTENT_TYPE, ...headers },
    body: body ?? inChunks(multipart(parts), [1000]),
    ...(authorise === undefined ? {} : { authorise }),
  });
  const verifyForm = (fields: ReadonlyMap<string, string>) => fields.has("policy") ? SIGNER : ANONYMOUS;
  return { ...call, auth: { kind: "form", identity: ANONYMOUS, payload: call.auth.payload, verifyForm } };
}

const post = (store: Store, upload: Upload) => postObject.run(formCall(store, upload));

/** The object with its stored bytes. */
async function stored(store: Store, key: string): Promise<ObjectRecord & { bytes: Buffer }> {
  const handle = await store.open("box", key);
  if (handle === undefined) throw new Error(`there is no ${key}`);
  const chunks: Uint8Array[] = [];
  for await (const chunk of handle.read(0, handle.record.storedSize)) chunks.push(chunk);
  handle.close();
  return { ...handle.record, bytes: Buffer.concat(chunks) };
}

const isEmpty = async (store: Store) =>
  (await store.listObjects({ bucket: "box", prefix: "", delimiter: "", after: "", limit: 10 })).objects
    .length === 0;

describe("PostObject stores", () => {
  test("the file under the key of the form", async () => {
    await using buckets = await openBuckets();
    const { store } = buckets;
    const reply = await post(store, {
      parts: [["key", "a/b c"], policy({ key: "a/b c" }), ["file", "hello", "x.txt"]],
    });
    expect([reply.status, reply.headers["ETag"], reply.headers["Location"]]).toEqual([
      204,
      `"${md5("hello")}"`,
      "http://localhost/box/a/b%20c",
    ]);
    const { bytes, size, etag, metadata } = await stored(store, "a/b c");
    expect(bytes.toString()).toBe("hello");
    expect([size, etag, metadata]).toEqual([5, md5("hello"), { "content-type": "application/octet-stream" }]);
  });

  test("a file of several MiB, and an empty one", async () => {
    await using buckets = await openBuckets();
    const { store } = buckets;
    const content = randomBytes(5_000_000);
    for (const file of [content, new Uint8Array()]) {
      await post(store, { parts: [["key", "k"], policy({ key: "k" }), ["file", file, "x"]] });
      const { bytes, etag } = await stored(store, "k");
      expect(bytes.equals(file)).toBe(true);
      expect(etag).toBe(md5(file));
    }
  });

  test("under the file's own name where the key asks for it", async () => {
    await using buckets = await openBuckets();
    const { store } = buckets;
    const parts: Part[] = [["key", "up/${filename}"], policy(["starts-with", "$key", "up/$&"]), [
      "file",
      "1",
      "$&.txt",
    ]];
    await post(store, { parts });
    expect((await stored(store, "up/$&.txt")).bytes.toString()).toBe("1");
  });

  test("what the fields say as headers, and nothing of the request's own headers", async () => {
    await using buckets = await openBuckets();
    const { store } = buckets;
    const fields: Part[] = [
      ["Content-Type", "image/png"],
      ["Cache-Control", "no-store"],
      ["x-amz-meta-colour", "grün"],
      ["x-amz-checksum-crc32", "NhCmhg=="],
    ];
    const conditions = fields.map(([name, value]) => ({ [name]: value.toString() }));
    await post(store, {
      parts: [["key", "k"], ...fields, policy({ key: "k" }, ...conditions), ["file", "hello", "x"]],
      headers: { "x-amz-meta-own": "1", "content-language": "de" },
    });
    const { metadata, checksum } = await stored(store, "k");
    expect(metadata).toEqual({
      "content-type": "image/png",
      "cache-control": "no-store",
      "X-Amz-Meta-Colour": "gr\u00c3\u00bcn",
    });
    expect(checksum).toEqual({ algorithm: "CRC32", type: "FULL_OBJECT", value: "NhCmhg==" });
  });
});

describe("PostObject answers", () => {
  const answer = async (...extra: readonly (readonly [string, string])[]) => {
    await using buckets = await openBuckets();
    const conditions = extra.map(([name, value]) => ({ [name]: value }));
    const parts: Part[] = [["key", "ä&b"], ...extra, policy({ key: "ä&b" }, ...conditions), [
      "file",
      "hi",
      "x",
    ]];
    const reply = await post(buckets.store, { parts });
    return { status: reply.status, location: reply.headers["Location"], text: await replyText(reply) };
  };

  test.each([["200", 200], ["204", 204], ["404", 204], ["", 204]])(
    "success_action_status %j with an empty %d",
    async (asked, status) => {
      expect(await answer(["success_action_status", asked])).toEqual({
        status,
        location: "http://localhost/box/%C3%A4%26b",
        text: "",
      });
    },
  );

  test("success_action_status 201 with a document", async () => {
    expect(await answer(["success_action_status", "201"])).toEqual({
      status: 201,
      location: "http://localhost/box/%C3%A4%26b",
      text: '<?xml version="1.0" encoding="UTF-8"?>\n<PostResponse>' +
        "<Location>http://localhost/box/%C3%A4%26b</Location><Bucket>box</Bucket><Key>ä&amp;b</Key>" +
        `<ETag>&#34;${md5("hi")}&#34;</ETag></PostResponse>`,
    });
  });

  test("success_action_redirect with 303 to where it says, what was stored in the query", async () => {
    expect(await answer(["success_action_redirect", "https://app.example/done?id=7#top"])).toEqual({
      status: 303,
      location: `https://app.example/done?id=7&bucket=box&key=%C3%A4%26b&etag=%22${md5("hi")}%22#top`,
      text: "",
    });
    expect((await answer(["redirect", "http://old.example/"])).location).toStartWith(
      "http://old.example/?bucket=box",
    );
  });

  test.each(["javascript:alert(1)", "/relative", "not a url", "file:///etc/passwd"])(
    "the redirect to %j as if it were not there",
    async (to) => {
      expect((await answer(["success_action_redirect", to])).status).toBe(204);
    },
  );
});

describe("PostObject refuses and stores nothing:", () => {
  const code = async (upload: Upload) => {
    await using buckets = await openBuckets();
    const refused = await failure(() => post(buckets.store, upload));
    expect(await isEmpty(buckets.store)).toBe(true);
    return refused;
  };
  const FILE: Part = ["file", "hello", "x"];
  const openEnded = (parts: readonly Part[]) => multipart(parts).subarray(0, -BOUNDARY.length - 8);

  test("a form without a key", async () => {
    expect((await code({ parts: [policy(), FILE] })).fields).toEqual({
      ArgumentName: "key",
      ArgumentValue: "",
    });
    expect((await code({ parts: [["key", ""], policy({ key: "" }), FILE] })).code).toBe("InvalidArgument");
  });

  test("a key that is too long once the filename is in it", async () => {
    const key: Part = ["key", "${filename}".repeat(3)];
    const parts: Part[] = [key, policy(["starts-with", "$key", ""]), ["file", "1", "n".repeat(400)]];
    expect((await code({ parts })).code).toBe("KeyTooLongError");
  });

  test("a field that the policy does not cover", async () => {
    const refused = await code({ parts: [["key", "k"], ["acl", "public-read"], policy({ key: "k" }), FILE] });
    expect([refused.code, refused.message]).toEqual([
      "AccessDenied",
      "Invalid according to Policy: Extra input fields: acl",
    ]);
  });

  test("a policy that says nothing of the bucket, or names another", async () => {
    const bare = Buffer.from(
      JSON.stringify({ expiration: "2100-01-01T00:00:00Z", conditions: [{ key: "k" }] }),
    );
    const silent = await code({ parts: [["key", "k"], ["policy", bare.toString("base64")], FILE] });
    expect(silent.message).toBe("Invalid according to Policy: Extra input fields: bucket");
    const parts: Part[] = [["key", "k"], ["bucket", "box"], policy({ key: "k" }), FILE];
    expect((await code({ parts, target: "/other" })).message).toBe(
      'Invalid according to Policy: Policy Condition failed: ["eq", "$bucket", "box"]',
    );
  });

  test("a file outside of the range of sizes", async () => {
    const sized = (min: number, max: number): Part[] => [
      ["key", "k"],
      policy({ key: "k" }, ["content-length-range", min, max]),
      FILE,
    ];
    expect((await code({ parts: sized(0, 4) })).code).toBe("EntityTooLarge");
    const small = await code({ parts: sized(6, 10) });
    expect([small.code, small.fields]).toEqual(["EntityTooSmall", {
      ProposedSize: "5",
      MinSizeAllowed: "6",
    }]);
    await using buckets = await openBuckets();
    expect((await post(buckets.store, { parts: sized(5, 5) })).status).toBe(204);
  });

  test("a file that goes on for ever, soon after it has passed its size", async () => {
    let sent = 0;
    let released = false;
    async function* endless() {
      try {
        yield openEnded([["key", "k"], policy({ key: "k" }, ["content-length-range", 0, 1000]), FILE]);
        for (; sent < 1000; sent++) yield new Uint8Array(64 * 1024);
      } finally {
        released = true;
      }
    }
    expect((await code({ parts: [], body: endless() })).code).toBe("EntityTooLarge");
    expect(sent).toBeLessThan(3);
    expect(released).toBe(true);
  });

  test("a checksum that is not the file's", async () => {
    const sum: Part = ["x-amz-checksum-crc32", "AAAAAA=="];
    const parts: Part[] = [["key", "k"], sum, policy({ key: "k" }, { [sum[0]]: "AAAAAA==" }), FILE];
    expect((await code({ parts })).code).toBe("BadDigest");
  });

  test("a body that breaks off", async () => {
    const body = inChunks(openEnded([["key", "k"], policy({ key: "k" }), FILE]), [100]);
    expect((await code({ parts: [], body })).code).toBe("MalformedPOSTRequest");
  });

  test("a body that turns out not to be what was signed", async () => {
    async function* forged() {
      yield multipart([["key", "k"], policy({ key: "k" }), FILE]);
      throw new S3Error("SignatureDoesNotMatch");
    }
    expect((await code({ parts: [], body: forged() })).code).toBe("SignatureDoesNotMatch");
  });

  test("a form for a missing bucket", async () => {
    const parts: Part[] = [["key", "k"], FILE];
    expect((await code({ parts, target: "/missing" })).code).toBe("NoSuchBucket");
  });
});

describe("PostObject asks for s3:PutObject", () => {
  test("in the name of the form's signer and under the headers of its fields", async () => {
    await using buckets = await openBuckets();
    const asked: unknown[] = [];
    await post(buckets.store, {
      parts: [["key", "k"], ["acl", "private"], policy({ key: "k" }, { acl: "private" }), ["file", "1", "x"]],
      headers: { "x-amz-acl": "public-read" },
      authorise: async (action, bucket, key, form) =>
        void asked.push([action, bucket, key, form?.identity, form?.headers.get("x-amz-acl")]),
    });
    expect(asked).toEqual([["s3:PutObject", "box", "k", SIGNER, "private"]]);
  });

  test("so that a form without a policy stores only what the bucket's policy lets the anonymous store", async () => {
    await using buckets = await openBuckets();
    const { store } = buckets;
    const authoriser = createAuthoriser(store);
    const call = (key: string) => {
      const made = formCall(store, { parts: [["key", key], ["file", "1", "x"]] });
      const authorise: Call["authorise"] = (action, bucket, asked, form) =>
        authoriser({
          request: made.request,
          auth: made.auth,
          identity: form?.identity ?? ANONYMOUS,
          action,
          bucket,
          ...(asked === undefined ? {} : { key: asked }),
        });
      return { ...made, authorise };
    };
    expect((await failure(() => postObject.run(call("drop/a")))).code).toBe("AccessDenied");
    await store.setBucketDocument(
      "box",
      "policy",
      JSON.stringify({
        Statement: {
          Effect: "Allow",
          Principal: "*",
          Action: "s3:PutObject",
          Resource: "arn:aws:s3:::box/drop/*",
        },
      }),
    );
    expect((await postObject.run(call("drop/a"))).status).toBe(204);
    expect((await failure(() => postObject.run(call("keep/a")))).code).toBe("AccessDenied");
  });
});
