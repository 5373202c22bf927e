import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { S3Error } from "../../src/errors/s3-error.ts";
import type { Operation } from "../../src/s3/operation.ts";
import { completeMultipartUpload } from "../../src/s3/operations/complete-multipart-upload.ts";
import { copyObject } from "../../src/s3/operations/copy-object.ts";
import { createMultipartUpload } from "../../src/s3/operations/create-multipart-upload.ts";
import { getObjectAttributes } from "../../src/s3/operations/get-object-attributes.ts";
import { getObject } from "../../src/s3/operations/get-object.ts";
import { headObject } from "../../src/s3/operations/head-object.ts";
import { listParts } from "../../src/s3/operations/list-parts.ts";
import { putObject } from "../../src/s3/operations/put-object.ts";
import { uploadPartCopy } from "../../src/s3/operations/upload-part-copy.ts";
import { uploadPart } from "../../src/s3/operations/upload-part.ts";
import { md5 } from "../s3/upload-fixture.ts";
import { customer, type Headers, openScene, type Scene, sourceCustomer, SSE_S3 } from "./scene.ts";

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
