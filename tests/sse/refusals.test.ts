import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { S3Error } from "../../src/errors/s3-error.ts";
import type { Operation } from "../../src/s3/operation.ts";
import { completeMultipartUpload } from "../../src/s3/operations/complete-multipart-upload.ts";
import { copyObject } from "../../src/s3/operations/copy-object.ts";
import { createMultipartUpload } from "../../src/s3/operations/create-multipart-upload.ts";
import { deleteObject } from "../../src/s3/operations/delete-object.ts";
import { getObjectAttributes } from "../../src/s3/operations/get-object-attributes.ts";
import { getObject } from "../../src/s3/operations/get-object.ts";
import { headObject } from "../../src/s3/operations/head-object.ts";
import { listObjectsV2 } from "../../src/s3/operations/list-objects-v2.ts";
import { listParts } from "../../src/s3/operations/list-parts.ts";
import { putObject } from "../../src/s3/operations/put-object.ts";
import { uploadPartCopy } from "../../src/s3/operations/upload-part-copy.ts";
import { uploadPart } from "../../src/s3/operations/upload-part.ts";
import { md5 } from "../s3/upload-fixture.ts";
import { customer, type Headers, KMS, openScene, type Scene, sourceCustomer, SSE_S3 } from "./scene.ts";

const NAME = "x-amz-server-side-encryption";
const CUSTOMER = `${NAME}-customer`;
const SOURCE = `x-amz-copy-source-server-side-encryption-customer`;
const INSECURE =
  "Requests specifying Server Side Encryption with Customer provided keys must be made over a secure connection.";
const must = (what: string) =>
  `Requests specifying Server Side Encryption with Customer provided keys must ${what}.`;
const NOT_APPLICABLE = "The encryption parameters are not applicable to this object.";
const STORED_ENCRYPTED =
  "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.";
const TWO_KINDS = "Server side encryption specified with both SSE-C and SSE-S3 headers";
const NO_KMS = "Server side encryption specified but KMS is not configured";
const NOT_HERE = "x-amz-server-side-encryption header is not supported for this operation.";

let scene: Scene;
const uploads: Record<string, string> = {};

beforeAll(async () => {
  scene = await openScene();
  const kinds: readonly (readonly [string, Headers])[] = [["plain", {}], ["s3", SSE_S3], ["c", customer(1)]];
  for (const [key, headers] of kinds) {
    await scene.run(putObject, { target: `/box/${key}`, body: "content", headers });
    const { text } = await scene.run(createMultipartUpload, { target: `/box/${key}?uploads`, headers });
    uploads[key] = encodeURIComponent(/<UploadId>([^<]+)</.exec(text)?.[1] ?? "");
  }
});
afterAll(() => scene[Symbol.asyncDispose]());

/** What asks for SSE-C, with some headers replaced or, by `undefined`, left away. */
function broken(prefix: string, changes: Readonly<Record<string, string | undefined>>): Headers {
  const whole = prefix === SOURCE ? sourceCustomer(1) : customer(1);
  const names = Object.fromEntries(
    Object.entries(changes).map(([name, value]) => [`${prefix}-${name}`, value]),
  );
  return Object.fromEntries(
    Object.entries<string | undefined>({ ...whole, ...names })
      .filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

type Expected = readonly [status: number, code: S3Error["code"], message: string];

async function refused(
  operation: Operation,
  target: string,
  headers: Headers,
  secure = true,
): Promise<Expected> {
  const { status, code, message } = await scene.fail(operation, { target, headers, secure, body: "content" });
  return [status, code, message];
}

/** Every request that may carry encryption headers. */
const partOf = (key: string) => `/box/${key}?partNumber=1&uploadId=${uploads[key]}`;
const ALL: readonly (readonly [operation: Operation, target: () => string, more?: Headers])[] = [
  [putObject, () => "/box/new"],
  [getObject, () => "/box/c"],
  [headObject, () => "/box/c"],
  [getObjectAttributes, () => "/box/c?attributes", { "x-amz-object-attributes": "ETag" }],
  [copyObject, () => "/box/new", { "x-amz-copy-source": "/box/plain" }],
  [createMultipartUpload, () => "/box/new?uploads"],
  [uploadPart, () => partOf("c")],
  [uploadPartCopy, () => partOf("c"), { "x-amz-copy-source": "/box/plain" }],
  [listParts, () => `/box/c?uploadId=${uploads["c"]}`],
];

describe("customer keys over plain HTTP", () => {
  for (const [operation, target, more = {}] of ALL) {
    test(`are refused by ${operation.name}`, async () => {
      const expected: Expected = [400, "InvalidRequest", INSECURE];
      expect(await refused(operation, target(), { ...customer(1), ...more }, false)).toEqual(expected);
      for (const name of ["algorithm", "key", "key-md5"]) {
        const one = { [`${CUSTOMER}-${name}`]: "x", ...more };
        expect(await refused(operation, target(), one, false)).toEqual(expected);
        const other = { [`${SOURCE}-${name}`]: "x", ...more };
        expect(await refused(operation, target(), other, false)).toEqual(expected);
      }
    });
  }

  test("are refused by CompleteMultipartUpload and by forms", async () => {
    const { headers: { ETag = "" } } = await scene.run(uploadPart, {
      target: partOf("c"),
      headers: customer(1),
      body: "x",
    });
    const body =
      `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${ETag}</ETag></Part></CompleteMultipartUpload>`;
    const complete = { target: `/box/c?uploadId=${uploads["c"]}`, headers: customer(1), body, secure: false };
    expect((await scene.fail(completeMultipartUpload, complete)).message).toBe(INSECURE);
    await expect(scene.post("new", Buffer.from("x"), customer(1), false)).rejects.toThrow(INSECURE);
    expect(await scene.store.head("box", "new")).toBeUndefined();
  });
});

describe("headers of a customer key that are not right", () => {
  const wrong: readonly (readonly [Readonly<Record<string, string | undefined>>, Expected])[] = [
    [{ algorithm: undefined }, [400, "InvalidArgument", must("provide a valid encryption algorithm")]],
    [
      { algorithm: "aes256" },
      [
        400,
        "InvalidEncryptionAlgorithmError",
        "The encryption request that you specified is not valid. The valid value is AES256.",
      ],
    ],
    [{ key: undefined }, [400, "InvalidArgument", must("provide an appropriate secret key")]],
    [
      { "key-md5": undefined },
      [400, "InvalidArgument", must("provide the client calculated MD5 of the secret key")],
    ],
    ...["", "not base64!", Buffer.alloc(31).toString("base64"), Buffer.alloc(33).toString("base64")].map((
      key,
    ) =>
      [
        { key },
        [400, "InvalidArgument", "The secret key was invalid for the specified algorithm."],
      ] as const
    ),
    ...["", "not base64!", Buffer.alloc(16).toString("base64")].map((md5) =>
      [
        { "key-md5": md5 },
        [
          400,
          "InvalidArgument",
          "The calculated MD5 hash of the key did not match the hash that was provided.",
        ],
      ] as const
    ),
  ];
  for (const [operation, target, more = {}] of ALL) {
    test(`are refused by ${operation.name}`, async () => {
      for (const [changes, expected] of wrong) {
        expect(await refused(operation, target(), { ...broken(CUSTOMER, changes), ...more })).toEqual(
          expected,
        );
      }
    });
  }
  for (const [operation, target, more = {}] of ALL.filter(([, , more]) => more?.["x-amz-copy-source"])) {
    test(`are refused by ${operation.name} for its source`, async () => {
      for (const [changes, expected] of wrong) {
        const headers = { ...customer(1), ...broken(SOURCE, changes), ...more };
        expect(await refused(operation, target(), headers)).toEqual(expected);
      }
    });
  }
});

const WRITES: readonly (readonly [operation: Operation, target: () => string, more?: Headers])[] = [
  [putObject, () => "/box/new"],
  [copyObject, () => "/box/new", { "x-amz-copy-source": "/box/plain" }],
  [createMultipartUpload, () => "/box/new?uploads"],
  [uploadPart, () => partOf("s3")],
  [uploadPartCopy, () => partOf("s3"), { "x-amz-copy-source": "/box/plain" }],
];

describe("a write", () => {
  for (const [operation, target, more = {}] of WRITES) {
    test(`by ${operation.name} that asks for SSE-KMS is not implemented`, async () => {
      for (
        const headers of [
          { [NAME]: "aws:kms" },
          { [NAME]: "AWS:KMS:dsse" },
          { [NAME]: "AES256", [`${NAME}-aws-kms-key-id`]: "id" },
          { [`${NAME}-aws-kms-key-id`]: "id" },
          { [`${NAME}-context`]: "e30=" },
          { [NAME]: "AES256", [`${NAME}-bucket-key-enabled`]: "true" },
        ]
      ) {
        const [status, code] = await refused(operation, target(), { ...headers, ...more });
        expect([headers, status, code]).toEqual([headers, 501, "NotImplemented"]);
      }
    });

    test(`by ${operation.name} that asks for an unknown kind, or for two, is refused`, async () => {
      for (const method of ["", "AES128", "none"]) {
        const [status, code] = await refused(operation, target(), { [NAME]: method, ...more });
        expect([method, status, code]).toEqual([method, 400, "InvalidArgument"]);
      }
      expect(await refused(operation, target(), { ...SSE_S3, ...customer(1), ...more }))
        .toEqual([400, "InvalidArgument", TWO_KINDS]);
    });
  }

  test("with the key of a copy's source and nothing to copy is refused", async () => {
    expect(await refused(putObject, "/box/new", sourceCustomer(1))).toEqual([
      400,
      "InvalidRequest",
      NOT_APPLICABLE,
    ]);
  });

  test("that asks for nothing but says so of bucket keys is plain, and aes256 in lower case is SSE-S3", async () => {
    const none = { [`${NAME}-bucket-key-enabled`]: "false" };
    const plain = await scene.run(putObject, { target: "/box/lower", body: "x", headers: none });
    expect(plain.headers[NAME]).toBeUndefined();
    const lower = await scene.run(putObject, {
      target: "/box/lower",
      body: "x",
      headers: { [NAME]: "aes256" },
    });
    expect(lower.headers[NAME]).toBe("AES256");
  });
});

describe("a read", () => {
  const reads = ALL.filter(([operation]) => [getObject, headObject, getObjectAttributes].includes(operation));
  for (const [operation, , more = {}] of reads) {
    const query = operation === getObjectAttributes ? "?attributes" : "";
    const at = (key: string, headers: Headers) =>
      refused(operation, `/box/${key}${query}`, { ...headers, ...more });

    test(`by ${operation.name} with the header of SSE-S3 is refused, whatever the object`, async () => {
      for (const key of ["plain", "s3", "c"]) {
        for (const method of ["AES256", "aws:kms", ""]) {
          expect(await at(key, { [NAME]: method })).toEqual([400, "InvalidArgument", NOT_HERE]);
        }
      }
      expect(await at("c", { ...SSE_S3, ...customer(1) })).toEqual([400, "InvalidArgument", NOT_HERE]);
    });

    test(`by ${operation.name} of an SSE-C object takes its key and no other`, async () => {
      expect(await at("c", {})).toEqual([400, "InvalidRequest", STORED_ENCRYPTED]);
      expect(await at("c", customer(2))).toEqual([403, "AccessDenied", "Access Denied."]);
    });

    test(`by ${operation.name} with a customer key of an object that has none is refused`, async () => {
      expect(await at("plain", customer(1))).toEqual([400, "InvalidRequest", NOT_APPLICABLE]);
      expect(await at("s3", customer(1))).toEqual([400, "InvalidRequest", NOT_APPLICABLE]);
    });
  }
});

describe("a copy", () => {
  const copies: readonly (readonly [Operation, () => string, Headers])[] = [
    [copyObject, () => "/box/new", {}],
    [uploadPartCopy, () => partOf("plain"), {}],
  ];
  for (const [operation, target] of copies) {
    test(`by ${operation.name} takes the key of its source and no other`, async () => {
      const from = (key: string, headers: Headers) =>
        refused(operation, target(), { "x-amz-copy-source": `/box/${key}`, ...headers });
      expect(await from("c", {})).toEqual([400, "InvalidRequest", STORED_ENCRYPTED]);
      expect(await from("c", sourceCustomer(2))).toEqual([403, "AccessDenied", "Access Denied."]);
      expect(await from("s3", sourceCustomer(1))).toEqual([400, "InvalidRequest", NOT_APPLICABLE]);
      expect(await from("plain", sourceCustomer(1))).toEqual([400, "InvalidRequest", NOT_APPLICABLE]);
    });
  }

  test("of an SSE-C object onto itself with two equal and wrong keys is refused", async () => {
    const headers = { "x-amz-copy-source": "/box/c", ...sourceCustomer(2), ...customer(2) };
    expect(await refused(copyObject, "/box/c", headers)).toEqual([403, "AccessDenied", "Access Denied."]);
  });
});

describe("a part", () => {
  const REQUESTED =
    "The multipart upload initiate requested encryption. Subsequent part requests must include the appropriate encryption parameters.";
  for (
    const [operation, more] of [[uploadPart, {}], [uploadPartCopy, {
      "x-amz-copy-source": "/box/plain",
    }]] as const
  ) {
    const to = (key: string, headers: Headers) => refused(operation, partOf(key), { ...headers, ...more });

    test(`by ${operation.name} comes with the key of its upload and no other`, async () => {
      expect(await to("c", {})).toEqual([400, "InvalidRequest", REQUESTED]);
      expect(await to("c", SSE_S3)).toEqual([400, "InvalidRequest", REQUESTED]);
      expect(await to("c", customer(2))).toEqual([
        400,
        "InvalidRequest",
        "The provided encryption parameters did not match the ones used originally.",
      ]);
    });

    test(`by ${operation.name} of an upload without a customer's key is refused with one`, async () => {
      expect(await to("plain", customer(1))).toEqual([400, "InvalidRequest", NOT_APPLICABLE]);
      expect(await to("s3", customer(1))).toEqual([400, "InvalidRequest", NOT_APPLICABLE]);
      expect(await to("plain", SSE_S3)).toEqual([400, "InvalidArgument", NOT_HERE]);
    });
  }

  test("of an SSE-S3 upload may repeat that it is", async () => {
    const part = await scene.run(uploadPart, { target: partOf("s3"), headers: SSE_S3, body: "x" });
    expect(part.headers[NAME]).toBe("AES256");
  });

  test("of an SSE-C upload is not found by the MD5 of its plaintext", async () => {
    await scene.run(uploadPart, { target: partOf("c"), headers: customer(1), body: "x" });
    const body = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${
      md5("x")
    }</ETag></Part></CompleteMultipartUpload>`;
    const complete = { target: `/box/c?uploadId=${uploads["c"]}`, headers: customer(1), body };
    expect((await scene.fail(completeMultipartUpload, complete)).code).toBe("InvalidPart");
  });

  test("list and completion with a customer's key that does not apply are refused", async () => {
    for (const operation of [listParts, completeMultipartUpload]) {
      const body =
        `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>x</ETag></Part></CompleteMultipartUpload>`;
      for (const key of ["plain", "s3"]) {
        const sketch = { target: `/box/${key}?uploadId=${uploads[key]}`, headers: customer(1), body };
        expect((await scene.fail(operation, sketch)).message).toBe(NOT_APPLICABLE);
      }
    }
  });
});

describe("a server without a KMS", () => {
  test("refuses SSE-S3, and takes and gives what is plain or SSE-C", async () => {
    await using bare = await openScene({ kms: "none" });
    for (const [operation, target, more = {}] of WRITES.slice(0, 3)) {
      await bare.run(putObject, { target: "/box/plain", body: "x" });
      const { status, code, message } = await bare.fail(operation, {
        target: target(),
        headers: { ...SSE_S3, ...more },
        body: "x",
      });
      expect([operation.name, status, code, message]).toEqual([
        operation.name,
        400,
        "InvalidArgument",
        NO_KMS,
      ]);
    }
    await bare.run(putObject, { target: "/box/c", body: "mine", headers: customer(1) });
    expect((await bare.read("/box/c", customer(1))).toString()).toBe("mine");
    const done = await bare.upload("/box/parts", [Buffer.from("in parts")], customer(1));
    expect(done.status).toBe(200);
    expect((await bare.read("/box/parts", customer(1))).toString()).toBe("in parts");
  });

  test("still shows, lists and deletes SSE-S3 objects, but neither reads nor copies them", async () => {
    await using first = await openScene();
    await first.run(putObject, { target: "/box/key", body: "content", headers: SSE_S3 });
    await first.run(putObject, { target: "/box/open", body: "open" });
    const { text } = await first.run(createMultipartUpload, { target: "/box/up?uploads", headers: SSE_S3 });
    const id = encodeURIComponent(/<UploadId>([^<]+)</.exec(text)?.[1] ?? "");
    await first.store.close();
    await using bare = await openScene({ kms: "none", directory: first.directory });
    const head = await bare.run(headObject, { target: "/box/key" });
    expect([head.status, head.headers["Content-Length"], head.headers[NAME]]).toEqual([200, "7", "AES256"]);
    expect(head.headers["ETag"]).toMatch(/^"[0-9a-f]{32}"$/);
    expect(head.headers["ETag"]).not.toContain(md5("content"));
    const list = await bare.run(listObjectsV2, { target: "/box?list-type=2" });
    expect(list.text).toContain("<Key>key</Key>");
    expect(list.text).toContain("<Size>7</Size>");
    expect(list.text).not.toContain("sealed:");
    const copy = { "x-amz-copy-source": "/box/key" };
    for (
      const [operation, target, headers] of [
        [getObject, "/box/key", {}],
        [copyObject, "/box/copy", copy],
        [copyObject, "/box/key", { ...copy, "x-amz-metadata-directive": "REPLACE" }],
        [uploadPart, `/box/up?partNumber=1&uploadId=${id}`, {}],
        [listParts, `/box/up?uploadId=${id}`, {}],
      ] as const
    ) {
      const { status, message } = await bare.fail(operation, { target, headers, body: "x" });
      expect([operation.name, status, message]).toEqual([operation.name, 400, NO_KMS]);
    }
    expect((await bare.read("/box/open")).toString()).toBe("open");
    expect((await bare.run(deleteObject, { target: "/box/key" })).status).toBe(204);
  });
});

describe("while the KMS is away", () => {
  test("HEAD, LIST, plain and SSE-C requests answer, and what needs a data key fails without a trace", async () => {
    let away = false;
    const ask = <T>(answer: () => Promise<T>): Promise<T> =>
      away
        ? Promise.reject(new S3Error("ServiceUnavailable", { headers: { "Retry-After": "5" } }))
        : answer();
    await using flaky = await openScene({
      kms: {
        ...KMS,
        generateDataKey: (context) => ask(() => KMS.generateDataKey(context)),
        openDataKey: (id, sealed, context) => ask(() => KMS.openDataKey(id, sealed, context)),
      },
    });
    await flaky.run(putObject, { target: "/box/key", body: "content", headers: SSE_S3 });
    away = true;
    const head = await flaky.run(headObject, { target: "/box/key" });
    expect([head.headers["Content-Length"], head.headers["ETag"]]).toEqual(["7", `"${md5("content")}"`]);
    expect((await flaky.run(listObjectsV2, { target: "/box?list-type=2" })).text).toContain(md5("content"));
    await flaky.run(putObject, { target: "/box/plain", body: "plain" });
    await flaky.run(putObject, { target: "/box/c", body: "mine", headers: customer(1) });
    expect((await flaky.read("/box/c", customer(1))).toString()).toBe("mine");
    for (const [operation, target] of [[getObject, "/box/key"], [putObject, "/box/key"]] as const) {
      const failed = await flaky.fail(operation, {
        target,
        headers: operation === putObject ? SSE_S3 : {},
        body: "x",
      });
      expect([failed.status, failed.headers["Retry-After"]]).toEqual([503, "5"]);
    }
    away = false;
    expect((await flaky.read("/box/key")).toString()).toBe("content");
  });
});
