import { Buffer } from "node:buffer";
import { createServer, request as httpRequest, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Client } from "minio";
import { createAuthenticator } from "../../src/auth/authenticate.ts";
import { staticCredentials } from "../../src/auth/credentials.ts";
import { Secret } from "../../src/crypto/secret.ts";
import { toS3Error } from "../../src/errors/s3-error.ts";
import { receiveRequest } from "../../src/http/receive.ts";
import { newRequestId } from "../../src/http/request-id.ts";
import { drain } from "./fake-request.ts";

const ACCESS_KEY = "AKEY";
const SECRET_KEY = "a secret/key+of=many.signs";

/** Keys that clients escape in different ways. */
const KEYS = [
  "plain",
  "a b+c=d@e~f",
  "!'()*-._~",
  "$&,/:;?#[]",
  "%41 %2F %",
  '"<>\\^`{|}',
  "a//b/./c/../d",
  "trailing/",
  "über/日本/😀",
  "...",
];

/** What the server under the clients saw of a request. */
interface Seen {
  readonly kind: string;
  readonly declared: string;
  readonly key: string;
  readonly body: string;
}

let server: Server;
let endPoint: { readonly host: string; readonly port: number };
let seen: Seen[] = [];

beforeAll(async () => {
  const authenticate = createAuthenticator({
    credentials: staticCredentials([{ accessKey: ACCESS_KEY, secretKey: Secret.fromText(SECRET_KEY) }]),
    region: "us-east-1",
  });
  server = createServer(async (incoming, outgoing) => {
    const answer = (status: number, body: string) => {
      outgoing.writeHead(status, { "content-length": Buffer.byteLength(body), "etag": '"0"' });
      outgoing.end(Buffer.from(incoming.method === "HEAD" ? "" : body));
    };
    try {
      const request = receiveRequest(incoming, outgoing, newRequestId(), []);
      const { kind, payload } = authenticate(request);
      const { bytes } = await drain(payload);
      const declared = request.headers.get("x-amz-content-sha256") ?? "";
      seen.push({ kind, declared, key: request.key, body: bytes.toString() });
      const listing = '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></ListBucketResult>';
      answer(200, request.query.has("list-type") ? listing : "");
    } catch (thrown) {
      const { status, code, message } = toS3Error(thrown);
      answer(status, `<Error><Code>${code}</Code><Message>${message}</Message></Error>`);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  endPoint = { host: "127.0.0.1", port: (server.address() as AddressInfo).port };
});

afterAll(() => void server.close());

/** What was seen since the last call. */
function taken(): readonly Seen[] {
  const all = seen;
  seen = [];
  return all;
}

/** Sends the target of a URL byte for byte, as `fetch` does not. */
function follow(url: string, method: string, body = ""): Promise<number> {
  const target = url.slice(new URL(url).origin.length);
  return new Promise((resolve, reject) => {
    const headers = { "content-length": Buffer.byteLength(body) };
    const request = httpRequest({ ...endPoint, path: target, method, headers }, (answer) => {
      answer.resume().on("end", () => resolve(answer.statusCode ?? 0));
    });
    request.on("error", reject).end(body);
  });
}

describe("@aws-sdk/client-s3", () => {
  const client = () =>
    new S3Client({
      endpoint: `http://${endPoint.host}:${endPoint.port}`,
      region: "us-east-1",
      forcePathStyle: true,
      credentials: { accessKeyId: ACCESS_KEY, secretAccessKey: SECRET_KEY },
      maxAttempts: 1,
    });

  test.each(KEYS)("its signature of %p fits, with a body and without", async (Key) => {
    await client().send(new PutObjectCommand({ Bucket: "box", Key, Body: "hello" }));
    await client().send(new GetObjectCommand({ Bucket: "box", Key }));
    expect(taken().map(({ kind, key, body }) => [kind, key, body])).toEqual([
      ["header", Key, "hello"],
      ["header", Key, ""],
    ]);
  });

  test("its stream arrives in chunks with a trailer", async () => {
    const Body = Readable.from([Buffer.from("hello, ".repeat(5000))]);
    await client().send(new PutObjectCommand({ Bucket: "box", Key: "k", Body, ContentLength: 35_000 }));
    const [put] = taken();
    expect(put?.declared).toBe("STREAMING-UNSIGNED-PAYLOAD-TRAILER");
    expect(put?.body).toBe("hello, ".repeat(5000));
  });

  test("its metadata and queries of awkward text fit", async () => {
    const Metadata = { blanks: "a   b", list: "a, b;c" };
    await client().send(new PutObjectCommand({ Bucket: "box", Key: "k", Body: "", Metadata }));
    for (const Prefix of KEYS) {
      await client().send(new ListObjectsV2Command({ Bucket: "box", Prefix, Delimiter: "+/ ~" }));
    }
    expect(taken().length).toBe(1 + KEYS.length);
  });

  test.each(KEYS)("its presigned URL of %p fits", async (Key) => {
    const get = await getSignedUrl(client(), new GetObjectCommand({ Bucket: "box", Key }), { expiresIn: 60 });
    const put = await getSignedUrl(client(), new PutObjectCommand({ Bucket: "box", Key }), { expiresIn: 60 });
    expect([await follow(get, "GET"), await follow(put, "PUT", "hello")]).toEqual([200, 200]);
    expect(await follow(get, "DELETE")).toBe(403);
    expect(taken().map(({ kind, key, body }) => [kind, key, body])).toEqual([
      ["presigned", Key, ""],
      ["presigned", Key, "hello"],
    ]);
  });
});

describe("minio", () => {
  const client = () =>
    new Client({
      endPoint: endPoint.host,
      port: endPoint.port,
      useSSL: false,
      accessKey: ACCESS_KEY,
      secretKey: SECRET_KEY,
      region: "us-east-1",
    });

  test.each(KEYS)("its signature of %p fits, and that of its presigned URL", async (key) => {
    await client().putObject("box", key, Buffer.from("hello"), 5, { "X-Amz-Meta-A": "a   b" });
    expect(await follow(await client().presignedGetObject("box", key, 60), "GET")).toBe(200);
    expect(await follow(await client().presignedPutObject("box", key, 60), "PUT", "hello")).toBe(200);
    expect(taken().map(({ kind, key, body }) => [kind, key, body])).toEqual([
      ["header", key, "hello"],
      ["presigned", key, ""],
      ["presigned", key, "hello"],
    ]);
  });
});
