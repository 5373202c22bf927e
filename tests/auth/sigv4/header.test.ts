import { describe, expect, test } from "bun:test";
import { failure, fakeRequest } from "../fake-request.ts";
import { signHeaders, type ToSign } from "../sign.ts";
import {
  answers,
  authenticate,
  BASE,
  byHeader,
  byQuery,
  type Headers,
  MINUTE,
  NOW,
  replaced,
  twice,
  without,
} from "../signed.ts";

describe("a request signed in its header", () => {
  test("is the user's", () => {
    const given = byHeader();
    expect(given.kind).toBe("header");
    expect(given.identity).toEqual({ kind: "user", accessKey: "AKEY" });
    if (given.kind !== "header") throw new Error(given.kind);
    expect(given.signedAt).toBe(NOW - NOW % 1000);
    expect([...given.signedHeaders].sort()).toEqual(["host", "x-amz-content-sha256", "x-amz-date"]);
  });

  test("may have its members in any order, with or without blanks", () => {
    const shuffled = (headers: Headers): Headers => {
      const members = (headers["authorization"] ?? "").slice("AWS4-HMAC-SHA256 ".length).split(", ");
      return { ...headers, authorization: `AWS4-HMAC-SHA256 ${members.reverse().join(" \t,")}` };
    };
    expect(byHeader({}, shuffled).kind).toBe("header");
    expect(byHeader({}, replaced(/, /g, ",")).kind).toBe("header");
  });

  test.each(["Wed, 04 Mar 2026 05:06:07 GMT", "20260304T050607Z"])(
    "may carry the date in Date alone: %s",
    (date) => {
      const given = byHeader({ headers: { ...BASE.headers, date } });
      if (given.kind !== "header") throw new Error(given.kind);
      expect(given.signedAt).toBe(Date.UTC(2026, 2, 4, 5, 6, 7));
      expect(given.signedHeaders.has("x-amz-date")).toBe(false);
    },
  );

  test.each([
    "Wed, 04 Mar 2026 05:06:07 +0000",
    "Wed, 4 Mar 2026 05:06:07 GMT",
    "4 March 2026",
    "1772600767",
  ])("is refused with the Date %s", async (date) => {
    expect(await answers(() => byHeader({ headers: { ...BASE.headers, date } }))).toBe("403 AccessDenied");
  });

  test("has no body where it does not tell the hash of one", async () => {
    const headers = { host: "bucket.example.com" };
    expect(byHeader({ headers }).kind).toBe("header");
    expect(byHeader({ headers: { ...headers, "content-length": "0" } }).kind).toBe("header");
    for (const body of [{ "content-length": "1" }, { "transfer-encoding": "chunked" }]) {
      expect(await answers(() => byHeader({ headers: { ...headers, ...body } }))).toBe("400 InvalidRequest");
    }
  });

  test.each<[string, (headers: Headers) => Headers | [string, string][], string]>([
    ["without Credential", replaced(/Credential=[^,]*, /, ""), "400 AuthorizationHeaderMalformed"],
    ["without SignedHeaders", replaced(/SignedHeaders=[^,]*, /, ""), "400 AuthorizationHeaderMalformed"],
    ["without Signature", replaced(/, Signature=.*/, ""), "400 AuthorizationHeaderMalformed"],
    ["with an empty Signature", replaced(/Signature=.*/, "Signature="), "400 AuthorizationHeaderMalformed"],
    ["with Signature twice", replaced(/$/, ", Signature=00"), "400 AuthorizationHeaderMalformed"],
    ["with an unknown member", replaced(/$/, ", Other=1"), "400 AuthorizationHeaderMalformed"],
    ["with a comma at the end", replaced(/$/, ","), "400 AuthorizationHeaderMalformed"],
    ["with the algorithm alone", replaced(/ .*/, ""), "400 AuthorizationHeaderMalformed"],
    ["with a blank in the Signature", replaced(/(?<=Signature=.)/, " "), "400 AuthorizationHeaderMalformed"],
    ["with a short scope", replaced("/s3/aws4_request", "/s3"), "400 AuthorizationHeaderMalformed"],
    ["without access key", replaced("Credential=AKEY/", "Credential=/"), "400 AuthorizationHeaderMalformed"],
    ["with a bad day", replaced("/20260304/", "/2026034/"), "400 AuthorizationHeaderMalformed"],
    ["with another day", replaced("/20260304/", "/20260303/"), "400 AuthorizationHeaderMalformed"],
    ["with another service", replaced("/s3/", "/ec2/"), "400 AuthorizationHeaderMalformed"],
    ["with another terminal", replaced("aws4_request", "aws5_request"), "400 AuthorizationHeaderMalformed"],
    ["with a region in another case", replaced("eu-west-1", "EU-West-1"), "400 AuthorizationHeaderMalformed"],
    ["of an unknown access key", replaced("Credential=AKEY", "Credential=OTHER"), "403 InvalidAccessKeyId"],
    ["with a short signature", replaced(/.$/, ""), "403 SignatureDoesNotMatch"],
    ["with a longer signature", replaced(/$/, "0"), "403 SignatureDoesNotMatch"],
    [
      "with an upper-case signature",
      (headers) =>
        replaced(/\w+$/, (/\w+$/.exec(headers["authorization"] ?? "")?.[0] ?? "").toUpperCase())(headers),
      "403 SignatureDoesNotMatch",
    ],
    ["that does not sign host", replaced("SignedHeaders=host;", "SignedHeaders="), "403 AccessDenied"],
    ["that signs host twice", replaced("SignedHeaders=", "SignedHeaders=host;"), "403 SignatureDoesNotMatch"],
    [
      "that signs a header not sent",
      replaced("SignedHeaders=", "SignedHeaders=a;"),
      "403 SignatureDoesNotMatch",
    ],
    ["that signs too little", replaced(/SignedHeaders=[^,]*/, "SignedHeaders=range"), "403 AccessDenied"],
    ["that signs nothing", replaced(/SignedHeaders=[^,]*/, "SignedHeaders=;"), "403 SignatureDoesNotMatch"],
    ["without date", without("x-amz-date"), "403 AccessDenied"],
    [
      "with a 31st of February",
      (headers) => ({ ...headers, "x-amz-date": "20260231T050607Z" }),
      "403 AccessDenied",
    ],
    [
      "with a date of another form",
      (headers) => ({ ...headers, "x-amz-date": "2026-03-04T05:06:07Z" }),
      "403 AccessDenied",
    ],
    ["without x-amz-content-sha256", without("x-amz-content-sha256"), "403 SignatureDoesNotMatch"],
    [
      "with an unsigned x-amz header",
      (headers) => ({ ...headers, "x-amz-acl": "public-read" }),
      "403 AccessDenied",
    ],
    ["with another Host", (headers) => ({ ...headers, host: "elsewhere" }), "403 SignatureDoesNotMatch"],
    ["with two Authorization headers", twice("authorization"), "400 InvalidRequest"],
    ["with two Host headers", twice("host"), "400 InvalidRequest"],
    ["with two x-amz-date headers", twice("x-amz-date"), "403 AccessDenied"],
    [
      "of Signature Version 2",
      (headers) => ({ ...headers, authorization: "AWS AKEY:c2lnbmF0dXJl" }),
      "400 InvalidRequest",
    ],
    ["of Signature Version 4A", replaced("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"), "400 InvalidRequest"],
    ["of HTTP Basic", (headers) => ({ ...headers, authorization: "Basic QUtFWTp4" }), "400 InvalidArgument"],
    ["of no kind", (headers) => ({ ...headers, authorization: "" }), "400 InvalidArgument"],
  ])("%s is refused", async (_what, after, expected) => {
    expect(await answers(() => byHeader({}, after))).toBe(expected);
  });

  test.each<[string, Partial<ToSign>, string]>([
    ["by a clock 14 minutes behind", { time: NOW - 14 * MINUTE }, "header"],
    ["by a clock 14 minutes ahead", { time: NOW + 14 * MINUTE }, "header"],
    ["by a clock 16 minutes behind", { time: NOW - 16 * MINUTE }, "403 RequestTimeTooSkewed"],
    ["by a clock 16 minutes ahead", { time: NOW + 16 * MINUTE }, "403 RequestTimeTooSkewed"],
    ["with another secret key", { secretKey: "another" }, "403 SignatureDoesNotMatch"],
    ["for another region", { region: "eu-west-2" }, "400 AuthorizationHeaderMalformed"],
    ["for us-east-1", { region: "us-east-1" }, "400 AuthorizationHeaderMalformed"],
    [
      "for us-east-1, asking for the region",
      { region: "us-east-1", path: "/box", query: "location" },
      "header",
    ],
    ["for us-east-1, asking for all buckets", { region: "us-east-1", path: "/" }, "header"],
    [
      "for eu-west-2, asking for the region",
      { region: "eu-west-2", path: "/box", query: "location" },
      "400 AuthorizationHeaderMalformed",
    ],
    [
      "for us-east-1, an object behind ?location",
      { region: "us-east-1", query: "location" },
      "400 AuthorizationHeaderMalformed",
    ],
  ])("signed %s: %s", async (_what, changes, expected) => {
    expect(expected === "header" ? byHeader(changes).kind : await answers(() => byHeader(changes))).toBe(
      expected,
    );
  });

  test("for the wrong region hears of the right one", async () => {
    const error = await failure(() => byHeader({ region: "us-west-2" }));
    expect(error.message).toBe(
      "The authorization header is malformed; the region 'us-west-2' is wrong; expecting 'eu-west-1'",
    );
    expect(error.fields).toEqual({ Region: "eu-west-1" });
    expect(error.headers).toEqual({ "x-amz-bucket-region": "eu-west-1" });
  });

  test("is refused without a header that it signs, even an empty one", async () => {
    const empty = { headers: { ...BASE.headers, "x-amz-meta-a": "" } };
    expect(byHeader(empty).kind).toBe("header");
    expect(await answers(() => byHeader(empty, without("x-amz-meta-a")))).toBe("403 SignatureDoesNotMatch");
  });

  test("with unsigned headers hears which", async () => {
    const extra = { "x-amz-acl": "private", "x-amz-meta-a": "b", "content-md5": "not S3's own" };
    const error = await failure(() => byHeader({}, (headers) => ({ ...headers, ...extra })));
    expect(error.fields).toEqual({ HeadersNotSigned: "x-amz-acl, x-amz-meta-a" });
  });

  test("is refused when anything that it signs is changed", async () => {
    const signed: ToSign = {
      ...BASE,
      query: "prefix=a%20b&marker=c",
      headers: { ...BASE.headers, "x-amz-acl": "private" },
    };
    const sent = {
      method: signed.method,
      target: `${signed.path}?${signed.query}`,
      headers: signHeaders(signed),
    };
    expect(authenticate(fakeRequest(sent).request).kind).toBe("header");
    const changes: Partial<typeof sent>[] = [
      { method: "DELETE" },
      { target: sent.target.replace("/key", "/other") },
      { target: sent.target.replace("/key", "//key") },
      { target: sent.target.replace("/key", "/./key") },
      { target: sent.target.replace("/key", "/x/../key") },
      { target: sent.target.replace("marker=c", "marker=d") },
      { target: `${sent.target}&delimiter=x` },
      { target: sent.target.replace("&marker=c", "") },
      { headers: { ...sent.headers, "x-amz-acl": "public-read" } },
      { headers: { ...sent.headers, "x-amz-content-sha256": "0".repeat(64) } },
    ];
    for (const change of changes) {
      expect(await answers(() => authenticate(fakeRequest({ ...sent, ...change }).request))).toBe(
        "403 SignatureDoesNotMatch",
      );
    }
  });

  test("means the same however its path and query are escaped", () => {
    const signed: ToSign = { ...BASE, path: "/box/a b+c~(é)", query: "prefix=a%20b&marker=" };
    const headers = signHeaders({ ...signed, path: "/box/a%20b%2Bc~%28%C3%A9%29" });
    for (const path of ["/box/a%20b+c~(%c3%a9)", "/box/%61%20b%2bc%7E%28%C3%A9%29"]) {
      for (const query of ["prefix=a%20b&marker=", "marker&prefix=a+b", "prefix=%61%20b&&marker"]) {
        const given = authenticate(fakeRequest({ target: `${path}?${query}`, headers }).request);
        expect(given.kind).toBe("header");
      }
    }
  });

  test("keeps bytes of a header that only Unicode takes for blanks", () => {
    const value = " caf\u00c3\u00a9  \t \u00c3\u00a0 ";
    const headers = { ...BASE.headers, "x-amz-meta-a": value };
    const sent = (meta: string) => byHeader({ headers }, (signed) => ({ ...signed, "x-amz-meta-a": meta }));
    expect(sent("caf\u00c3\u00a9 \u00c3\u00a0").kind).toBe("header");
    return expect(answers(() => sent("caf\u00c3\u00a9 \u00c3"))).resolves.toBe("403 SignatureDoesNotMatch");
  });

  test("answers long runs of blanks at once", async () => {
    const headers = { ...BASE.headers, "x-amz-meta-a": `a${" ".repeat(200_000)}b` };
    expect(byHeader({ headers }).kind).toBe("header");
  });
});

test("no refusal tells what would have been right", async () => {
  const { authorization = "" } = signHeaders(BASE);
  const right = authorization.slice(-64);
  const errors = [
    await failure(() => byHeader({}, replaced(/Signature=.*/, `Signature=${"0".repeat(64)}`))),
    await failure(() => byHeader({ secretKey: "another" })),
    await failure(() => byQuery({ secretKey: "another" })),
  ];
  for (const error of errors) {
    expect(error.fields).toEqual({});
    expect(error.cause).toBeUndefined();
    expect(JSON.stringify([error.message, error.stack, error.headers])).not.toContain(right);
  }
});
