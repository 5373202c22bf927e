import { expect, test } from "bun:test";
import { RequestHeaders } from "../../src/http/headers.ts";
import {
  checkCopySource,
  copySourceConditions,
  readConditions,
  unmetCondition,
  writeExpectation,
} from "../../src/s3/conditions.ts";
import { httpDate } from "../../src/s3/dates.ts";
import { putObject } from "../../src/s3/operations/put-object.ts";
import { openBuckets } from "./bucket-fixture.ts";
import { makeCall } from "./call.ts";

const MODIFIED = Date.UTC(2024, 1, 29, 12, 0, 0) + 700;
const OBJECT = { etag: "abc", lastModified: MODIFIED };
const EARLIER = httpDate(MODIFIED - 5000);
const SAME = httpDate(MODIFIED);
const LATER = httpDate(MODIFIED + 5000);

function headers(values: Readonly<Record<string, string>>): RequestHeaders {
  return new RequestHeaders(Object.entries(values).flat());
}

type Header = string | undefined;

/** Each row: If-Match, If-Unmodified-Since, If-None-Match, If-Modified-Since, status of a read. */
const TRUTH: readonly (readonly [Header, Header, Header, Header, number])[] = [
  [undefined, undefined, undefined, undefined, 200],
  ['"abc"', undefined, undefined, undefined, 200],
  ["abc", undefined, undefined, undefined, 200],
  ["*", undefined, undefined, undefined, 200],
  ['"x", "abc"', undefined, undefined, undefined, 200],
  ['"x"', undefined, undefined, undefined, 412],
  ['W/"abc"', undefined, undefined, undefined, 412],
  ["", undefined, undefined, undefined, 412],
  [undefined, EARLIER, undefined, undefined, 412],
  [undefined, SAME, undefined, undefined, 200],
  [undefined, LATER, undefined, undefined, 200],
  [undefined, "yesterday", undefined, undefined, 200],
  ['"abc"', EARLIER, undefined, undefined, 200],
  ['"x"', LATER, undefined, undefined, 412],
  [undefined, undefined, '"abc"', undefined, 304],
  [undefined, undefined, 'W/"abc"', undefined, 304],
  [undefined, undefined, "*", undefined, 304],
  [undefined, undefined, '"x"', undefined, 200],
  [undefined, undefined, undefined, EARLIER, 200],
  [undefined, undefined, undefined, SAME, 304],
  [undefined, undefined, undefined, LATER, 304],
  [undefined, undefined, undefined, "yesterday", 200],
  [undefined, undefined, '"x"', LATER, 200],
  [undefined, undefined, '"abc"', EARLIER, 304],
  ['"abc"', undefined, '"abc"', undefined, 304],
  ['"x"', undefined, '"abc"', undefined, 412],
  [undefined, EARLIER, undefined, LATER, 412],
];

function row([match, unmodified, none, modified]: (typeof TRUTH)[number], prefix: string) {
  const values = {
    "If-Match": match,
    "If-Unmodified-Since": unmodified,
    "If-None-Match": none,
    "If-Modified-Since": modified,
  };
  return headers(Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => value === undefined ? [] : [[prefix + name, value]]),
  ));
}

for (const cells of TRUTH) {
  test(`a read under ${JSON.stringify(cells.slice(0, 4))} is answered ${cells[4]}`, () => {
    const unmet = unmetCondition(readConditions(row(cells, "")), OBJECT);
    expect(unmet === undefined ? 200 : unmet.notModified ? 304 : 412).toBe(cells[4]);
  });

  test(`a copy under the same conditions on its source ${cells[4] === 200 ? "goes on" : "is refused"}`, () => {
    const conditions = copySourceConditions(row(cells, "x-amz-copy-source-"));
    let code = "none";
    try {
      checkCopySource(conditions, OBJECT);
    } catch (thrown) {
      code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "?";
    }
    expect(code).toBe(cells[4] === 200 ? "none" : "PreconditionFailed");
  });
}

test("conditions of a read are none of a copy's source", () => {
  expect(copySourceConditions(headers({ "if-match": '"x"' })).ifMatch).toBeUndefined();
});

async function expectation(values: Readonly<Record<string, string>>, exists: boolean, denied = false) {
  await using buckets = await openBuckets();
  const { store, run } = buckets;
  if (exists) await run(putObject, { target: "/box/k", body: "abc" });
  const call = makeCall({
    store,
    target: "/box/k",
    headers: values,
    authorise: async (action) => {
      if (denied) throw new Error(`denied ${action}`);
    },
  });
  const current = () => store.head("box", "k");
  const revision = (await current())?.revision;
  return { revision, outcome: await writeExpectation(call, call.request.headers, current).catch((e) => e) };
}

const ETAG_OF_ABC = '"900150983cd24fb0d6963f7d28e17f72"';

test("a write without conditions expects nothing", async () => {
  expect((await expectation({}, true)).outcome).toBeUndefined();
});

test("If-None-Match: * expects that there is no object", async () => {
  expect((await expectation({ "if-none-match": "*" }, false)).outcome).toEqual({ absent: true });
  expect((await expectation({ "if-none-match": "*" }, true)).outcome.code).toBe("PreconditionFailed");
});

test("If-Match expects the revision that has this ETag", async () => {
  const { outcome, revision } = await expectation({ "if-match": ETAG_OF_ABC }, true);
  expect(revision).toBeString();
  expect(outcome).toEqual({ revision });
  expect((await expectation({ "if-match": '"x"' }, true)).outcome.code).toBe("PreconditionFailed");
  expect((await expectation({ "if-match": ETAG_OF_ABC }, false)).outcome.code).toBe("NoSuchKey");
});

test("If-Match with an ETag needs the permission to read", async () => {
  expect((await expectation({ "if-match": '"x"' }, true, true)).outcome.message).toBe("denied s3:GetObject");
  const { outcome, revision } = await expectation({ "if-match": "*" }, true, true);
  expect(outcome).toEqual({ revision });
});

test("a condition that a write cannot have is NotImplemented, never ignored", async () => {
  for (
    const values of [
      { "if-none-match": '"x"' },
      { "if-none-match": "*", "if-match": '"x"' },
      { "if-unmodified-since": LATER },
    ]
  ) expect((await expectation(values, true)).outcome.code).toBe("NotImplemented");
});
