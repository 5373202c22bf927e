import { expect, test } from "bun:test";
import { QueryParameters } from "../../../src/http/query.ts";
import { keyEncoding } from "../../../src/s3/listing/encoding.ts";
import { failure } from "../failure.ts";

const encoding = (query: string) => keyEncoding(QueryParameters.parse(query));

test("Keys stand as they are unless encoding-type asks otherwise", () => {
  for (const query of ["", "encoding-type="]) {
    expect(encoding(query).encode("a b/ü+%")).toBe("a b/ü+%");
    expect(encoding(query).xml).toBeUndefined();
  }
});

test("encoding-type=url percent-encodes all but the unreserved characters and the slash", () => {
  const { encode, xml } = encoding("encoding-type=url");
  expect(encode("a b/ü+%/~.-_*'()!\x01\n/😀")).toBe(
    "a%20b/%C3%BC%2B%25/~.-_%2A%27%28%29%21%01%0A/%F0%9F%98%80",
  );
  expect(xml?.text).toBe("<EncodingType>url</EncodingType>");
});

test("Another encoding-type is InvalidArgument", async () => {
  const error = await failure(() => encoding("encoding-type=base64"));
  expect(error.code).toBe("InvalidArgument");
  expect(error.fields).toEqual({ ArgumentName: "encoding-type", ArgumentValue: "base64" });
});
