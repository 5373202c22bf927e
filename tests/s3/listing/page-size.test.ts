import { expect, test } from "bun:test";
import { QueryParameters } from "../../../src/http/query.ts";
import { pageSize } from "../../../src/s3/listing/page-size.ts";
import { failure } from "../failure.ts";

const size = (value: string) => pageSize(QueryParameters.parse(`max-keys=${value}`), "max-keys", 1000);

test("A page holds what is asked for, up to its maximum, which is also the default", () => {
  expect(pageSize(QueryParameters.parse(""), "max-keys", 1000)).toBe(1000);
  expect(["", "0", "1", "007", "1000", "1001", "2147483647"].map(size)).toEqual([
    1000,
    0,
    1,
    7,
    1000,
    1000,
    1000,
  ]);
});

test("What is no integer, negative or beyond 32 bits is InvalidArgument", async () => {
  for (const value of ["-1", "x", "1.5", "1e3", "0x10", "%20", "+5", "2147483648", "9".repeat(400), "NaN"]) {
    const error = await failure(() => size(value));
    expect(error.code).toBe("InvalidArgument");
    expect(error.fields["ArgumentName"]).toBe("max-keys");
  }
});

test("Zero is refused where a page has to hold something", async () => {
  const query = QueryParameters.parse("max-buckets=0");
  expect((await failure(() => pageSize(query, "max-buckets", 10_000, 1))).code).toBe("InvalidArgument");
});
