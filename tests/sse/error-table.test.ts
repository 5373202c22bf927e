import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { S3Error } from "../../src/errors/s3-error.ts";
import type { RawAnswer } from "../raw-client.ts";
import { md5, partList } from "../s3/upload-fixture.ts";
import { customer, type Headers, KMS, sourceCustomer, SSE_S3 } from "./scene.ts";
import { type Served, serveScene, testCertificate } from "./served.ts";

// The table of minio-formats section 10.2, row by row, as a client sees it over the wire: AWS's status and code, and
// MinIO's where only MinIO has the case.

const certificate = testCertificate();
afterAll(() => certificate.remove());

/** A KMS that can go away. */
let away = false;
const ask = <T>(answer: () => Promise<T>): Promise<T> =>
  away ? Promise.reject(new S3Error("ServiceUnavailable", { headers: { "Retry-After": "5" } })) : answer();

let served: Served;
/** Unfinished uploads by the name of their kind. */
const uploads: Record<string, string> = {};

beforeAll(async () => {
  served = await serveScene({
    kms: {
      ...KMS,
      generateDataKey: (context) => ask(() => KMS.generateDataKey(context)),
      openDataKey: (id, sealed, context) => ask(() => KMS.openDataKey(id, sealed, context)),
    },
  }, certificate.directory);
  for (const [name, headers] of [["plain", {}], ["s3", SSE_S3], ["c", customer(1)]] as const) {
    await put(`/box/${name}`, headers);
    const { body } = await served.send({ method: "POST", target: `/box/${name}?uploads`, headers });
    uploads[name] = encodeURIComponent(/<UploadId>([^<]+)</.exec(body.toString())?.[1] ?? "");
  }
});
afterAll(() => served[Symbol.asyncDispose]());

async function put(target: string, headers: Headers): Promise<void> {
  const { status } = await served.send({ method: "PUT", target, headers, body: Buffer.from("content") });
  expect([target, status]).toEqual([target, 200]);
}

interface Request {
  readonly method: string;
  readonly target: string | (() => string);
  readonly headers: Headers;
  readonly body?: string;
}
type Row = readonly [status: number, code: string, message: string | RegExp, ...requests: Request[]];

const part = (name: string) => () => `/box/${name}?partNumber=1&uploadId=${uploads[name]}`;
const PUT = (headers: Headers): Request => ({ method: "PUT", target: "/box/new", headers, body: "x" });
const GET = (name: string, headers: Headers = {}): Request => ({
  method: "GET",
  target: `/box/${name}`,
  headers,
});
const HEAD = (name: string, headers: Headers = {}): Request => ({ ...GET(name, headers), method: "HEAD" });
const CREATE = (headers: Headers): Request => ({ method: "POST", target: "/box/new?uploads", headers });
const PART = (name: string, headers: Headers): Request => ({
  method: "PUT",
  target: part(name),
  headers,
  body: "x",
});
const COPY = (name: string, headers: Headers = {}, target = "/box/new"): Request => ({
  method: "PUT",
  target,
  headers: { "x-amz-copy-source": `/box/${name}`, ...headers },
});

const SSE = "x-amz-server-side-encryption";
const changed = (name: string, value?: string): Headers => {
  const whole: Record<string, string | undefined> = { ...customer(1), [`${SSE}-customer-${name}`]: value };
  const kept = Object.entries(whole).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(kept);
};
const ofSource = (headers: Headers): Headers =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.replace("x-amz-", "x-amz-copy-source-"), value]),
  );
/** Broken headers of a customer's key wherever they can stand. */
const everywhere = (headers: Headers): Request[] => [
  PUT(headers),
  GET("c", headers),
  HEAD("c", headers),
  CREATE(headers),
  PART("c", headers),
  COPY("plain", headers),
  COPY("c", ofSource(headers)),
];

const must = (what: string) =>
  `Requests specifying Server Side Encryption with Customer provided keys must ${what}.`;
const NOT_APPLICABLE = "The encryption parameters are not applicable to this object.";
const CORRECT_PARAMETERS =
  "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.";

const ROWS: Readonly<Record<string, Row>> = {
  "customer keys: no algorithm": [
    400,
    "InvalidArgument",
    must("provide a valid encryption algorithm"),
    ...everywhere(changed("algorithm")),
  ],
  "customer keys: an unknown algorithm": [
    400,
    "InvalidEncryptionAlgorithmError",
    /AES256/,
    ...everywhere(changed("algorithm", "DES")),
    ...everywhere(changed("algorithm", "aes256")),
  ],
  "customer keys: no key": [
    400,
    "InvalidArgument",
    must("provide an appropriate secret key"),
    ...everywhere(changed("key")),
  ],
  "customer keys: no MD5": [
    400,
    "InvalidArgument",
    must("provide the client calculated MD5 of the secret key"),
    ...everywhere(changed("key-md5")),
  ],
  "customer keys: a key that is none": [
    400,
    "InvalidArgument",
    "The secret key was invalid for the specified algorithm.",
    ...everywhere(changed("key", "not base64!")),
    ...everywhere(changed("key", Buffer.alloc(16).toString("base64"))),
  ],
  "customer keys: an MD5 that does not match": [
    400,
    "InvalidArgument",
    "The calculated MD5 hash of the key did not match the hash that was provided.",
    ...everywhere(changed("key-md5", "not base64!")),
    ...everywhere(changed("key-md5", Buffer.alloc(16).toString("base64"))),
  ],
  "SSE-C and SSE-S3 together": [
    400,
    "InvalidArgument",
    "Server side encryption specified with both SSE-C and SSE-S3 headers",
    PUT({ ...SSE_S3, ...customer(1) }),
    CREATE({ ...SSE_S3, ...customer(1) }),
    PART("c", { ...SSE_S3, ...customer(1) }),
    COPY("plain", { ...SSE_S3, ...customer(1) }),
  ],
  "a read with the header of SSE-S3": [
    400,
    "InvalidArgument",
    "x-amz-server-side-encryption header is not supported for this operation.",
    GET("s3", SSE_S3),
    GET("plain", { [SSE]: "aws:kms" }),
    HEAD("s3", SSE_S3),
    GET("c", { ...SSE_S3, ...customer(1) }),
  ],
  "an SSE-C object without its key": [400, "InvalidRequest", CORRECT_PARAMETERS, GET("c"), HEAD("c")],
  "an SSE-C object with another key": [
    403,
    "AccessDenied",
    "Access Denied.",
    GET("c", customer(2)),
    HEAD("c", customer(2)),
  ],
  "a plain or SSE-S3 object with a customer's key": [
    400,
    "InvalidRequest",
    NOT_APPLICABLE,
    GET("plain", customer(1)),
    HEAD("plain", customer(1)),
    GET("s3", customer(1)),
    HEAD("s3", customer(1)),
  ],
  "SSE-KMS": [
    501,
    "NotImplemented",
    /not implemented/,
    ...[
      { [SSE]: "aws:kms" },
      { ...SSE_S3, [`${SSE}-aws-kms-key-id`]: "id" },
      { [`${SSE}-context`]: "e30=" },
    ].flatMap((headers) => [PUT(headers), CREATE(headers), COPY("plain", headers)]),
  ],
  "an unknown or empty method": [
    400,
    "InvalidArgument",
    "The encryption method specified is not supported",
    ...["AES128", ""].flatMap((method) => [
      PUT({ [SSE]: method }),
      CREATE({ [SSE]: method }),
      COPY("plain", { [SSE]: method }),
    ]),
  ],
  "a part of an SSE-C upload without its key": [
    400,
    "InvalidRequest",
    "The multipart upload initiate requested encryption. Subsequent part requests must include the appropriate encryption parameters.",
    PART("c", {}),
    PART("c", SSE_S3),
  ],
  "a part of an SSE-C upload with another key": [
    400,
    "InvalidRequest",
    "The provided encryption parameters did not match the ones used originally.",
    PART("c", customer(2)),
  ],
  "a part with a customer's key of an upload without": [
    400,
    "InvalidRequest",
    NOT_APPLICABLE,
    PART("plain", customer(1)),
    PART("s3", customer(1)),
  ],
  "a copy from SSE-C without the key of the source": [400, "InvalidRequest", CORRECT_PARAMETERS, COPY("c")],
  "a copy from SSE-C with another key": [
    403,
    "AccessDenied",
    "Access Denied.",
    COPY("c", sourceCustomer(2)),
    COPY("c", { ...sourceCustomer(2), ...customer(2) }, "/box/c"),
    COPY("c", { ...sourceCustomer(2), ...customer(1) }, "/box/c"),
  ],
  "a copy with a key for a source without": [
    400,
    "InvalidRequest",
    NOT_APPLICABLE,
    COPY("s3", sourceCustomer(1)),
    COPY("plain", sourceCustomer(1)),
  ],
  "a range outside": [
    416,
    "InvalidRange",
    "The requested range is not satisfiable",
    GET("c", { ...customer(1), range: "bytes=7-" }),
    GET("s3", { range: "bytes=100-200" }),
  ],
  "a Content-MD5 that is not that of the plaintext": [
    400,
    "BadDigest",
    "The Content-Md5 you specified did not match what we received.",
    PUT({ ...SSE_S3, "content-md5": Buffer.alloc(16).toString("base64") }),
    PUT({ ...customer(1), "content-md5": Buffer.alloc(16).toString("base64") }),
  ],
};

/** Everything that carries a customer's key, or only one of its headers. */
const WITH_KEYS: readonly Request[] = [
  ...everywhere(customer(1)),
  ...["algorithm", "key", "key-md5"].flatMap((name) => [
    PUT({ [`${SSE}-customer-${name}`]: "x" }),
    GET("plain", { [`${SSE}-customer-${name}`]: "x" }),
    COPY("plain", ofSource({ [`${SSE}-customer-${name}`]: "x" })),
  ]),
];

function told(answer: RawAnswer): readonly [number, string, string] {
  const text = answer.body.toString();
  const field = (name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1] ?? "";
  return [answer.status, field("Code"), field("Message")];
}

function perform(send: Served["send"], { method, target, headers, body }: Request): Promise<RawAnswer> {
  return send({
    method,
    target: typeof target === "string" ? target : target(),
    headers,
    ...(body === undefined ? {} : { body: Buffer.from(body) }),
  });
}

async function expectRefusal(
  send: Served["send"],
  request: Request,
  [status, code, message]: readonly [number, string, string | RegExp],
): Promise<void> {
  const answer = await perform(send, request);
  if (request.method === "HEAD") {
    expect([request, answer.status, answer.body.length]).toEqual([request, status, 0]);
    return;
  }
  const expected = typeof message === "string" ? message : expect.stringMatching(message);
  expect([request, ...told(answer)]).toEqual([request, status, code, expected]);
  expect(answer.headers.get("content-type")).toBe("application/xml");
}

describe("over https", () => {
  for (const [name, [status, code, message, ...requests]] of Object.entries(ROWS)) {
    test(`${name}: ${status} ${code}`, async () => {
      for (const request of requests) await expectRefusal(served.send, request, [status, code, message]);
      const nothing = await served.send({ method: "HEAD", target: "/box/new" });
      expect(nothing.status).toBe(404);
    });
  }

  test("headers of customer keys are looked at before the bucket: a bad one on a missing bucket is reported", async () => {
    const request = { ...PUT(changed("key")), target: "/missing/new" };
    const expected = [400, "InvalidArgument", must("provide an appropriate secret key")] as const;
    await expectRefusal(served.send, request, expected);
    const whole = { ...PUT(customer(1)), target: "/missing/new" };
    await expectRefusal(served.send, whole, [404, "NoSuchBucket", /does not exist/]);
  });

  test("the MD5 of the plaintext is not the ETag of a part of an SSE-C upload: 400 InvalidPart", async () => {
    await perform(served.send, PART("c", customer(1)));
    const complete = {
      method: "POST",
      target: `/box/c?uploadId=${uploads["c"]}`,
      headers: customer(1),
      body: partList([{ number: 1, etag: md5("x") }]),
    };
    await expectRefusal(served.send, complete, [400, "InvalidPart", /could not be found/]);
  });
});

test("over plain http every customer key is refused: 400 InvalidRequest", async () => {
  const message = must("be made over a secure connection");
  for (const request of WITH_KEYS) {
    await expectRefusal(served.sendInsecurely, request, [400, "InvalidRequest", message]);
  }
});

describe("without a KMS", () => {
  let bare: Served;
  beforeAll(async () => {
    bare = await serveScene({ kms: "none" }, certificate.directory);
  });
  afterAll(() => bare[Symbol.asyncDispose]());

  test("SSE-S3 is refused: 400 InvalidArgument", async () => {
    await bare.send({ method: "PUT", target: "/box/plain", body: Buffer.from("x") });
    for (const request of [PUT(SSE_S3), CREATE(SSE_S3), COPY("plain", SSE_S3)]) {
      const message = "Server side encryption specified but KMS is not configured";
      await expectRefusal(bare.send, request, [400, "InvalidArgument", message]);
    }
  });

  test("SSE-C works", async () => {
    const written = await bare.send({
      method: "PUT",
      target: "/box/c",
      headers: customer(1),
      body: Buffer.from("mine"),
    });
    expect(written.status).toBe(200);
    const read = await bare.send({ method: "GET", target: "/box/c", headers: customer(1) });
    expect([read.status, read.body.toString()]).toEqual([200, "mine"]);
  });
});

describe("while the KMS is away", () => {
  beforeAll(() => {
    away = true;
  });
  afterAll(() => {
    away = false;
  });

  test("what needs a data key fails: 503 with Retry-After, and nothing is stored", async () => {
    for (
      const request of [
        PUT(SSE_S3),
        GET("s3"),
        COPY("s3"),
        COPY("plain", SSE_S3),
        CREATE(SSE_S3),
        PART("s3", {}),
      ]
    ) {
      const answer = await perform(served.send, request);
      expect([request, told(answer)[0], answer.headers.get("retry-after")]).toEqual([request, 503, "5"]);
    }
  });

  test("HEAD and LIST answer with header, size and ETag", async () => {
    const head = await served.send({ method: "HEAD", target: "/box/s3" });
    expect([
      head.status,
      head.headers.get(SSE),
      head.headers.get("content-length"),
      head.headers.get("etag"),
    ])
      .toEqual([200, "AES256", "7", `"${md5("content")}"`]);
    const list = await served.send({ method: "GET", target: "/box?list-type=2" });
    expect([list.status, list.body.toString()]).toEqual([200, expect.stringContaining(md5("content"))]);
  });

  test("plain and SSE-C requests and DELETE go on", async () => {
    for (const headers of [{}, customer(1)]) {
      await put("/box/gone", headers);
      const read = await served.send({ method: "GET", target: "/box/gone", headers });
      expect([read.status, read.body.toString()]).toEqual([200, "content"]);
    }
    expect((await served.send({ method: "DELETE", target: "/box/gone" })).status).toBe(204);
  });
});
