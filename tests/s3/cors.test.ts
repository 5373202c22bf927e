import { describe, expect, test } from "bun:test";
import { RequestHeaders } from "../../src/http/headers.ts";
import { corsHeaders, preflightReply } from "../../src/s3/cors.ts";

const headers = (record: Record<string, string>) => new RequestHeaders(Object.entries(record).flat());
const preflight = (record: Record<string, string>) => preflightReply(headers(record));

const ORIGIN = "https://app.example.com:8443";
const VARY = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers";

describe("A preflight", () => {
  test("allows its origin, its method and its headers, with credentials", () => {
    const reply = preflight({
      "Origin": ORIGIN,
      "Access-Control-Request-Method": "PUT",
      "Access-Control-Request-Headers": "authorization,x-amz-meta-colour, content-md5",
    });
    expect(reply).toEqual({
      status: 204,
      headers: {
        "Vary": VARY,
        "Access-Control-Allow-Origin": ORIGIN,
        "Access-Control-Allow-Credentials": "true",
        "Access-Control-Allow-Methods": "PUT",
        "Access-Control-Allow-Headers": "authorization,x-amz-meta-colour, content-md5",
      },
    });
  });

  test("without headers to ask for allows none", () => {
    const reply = preflight({ "Origin": "null", "Access-Control-Request-Method": "GET" });
    expect(reply?.headers["Access-Control-Allow-Origin"]).toBe("null");
    expect(reply?.headers["Access-Control-Allow-Headers"]).toBeUndefined();
  });

  test("of another method, or without an origin, is answered without permission", () => {
    const refused = { status: 204, headers: { "Vary": VARY } };
    expect(preflight({ "Origin": ORIGIN, "Access-Control-Request-Method": "TRACE" })).toEqual(refused);
    expect(preflight({ "Access-Control-Request-Method": "GET" })).toEqual(refused);
  });

  test("never sends back text that no header may hold", () => {
    for (const origin of ["a b", "http://ä.example", "http://x\x01", ""]) {
      const reply = preflight({ "Origin": origin, "Access-Control-Request-Method": "GET" });
      expect(reply?.headers).toEqual({ "Vary": VARY });
    }
    const reply = preflight({
      "Origin": ORIGIN,
      "Access-Control-Request-Method": "GET",
      "Access-Control-Request-Headers": "x-a: 1",
    });
    expect(reply?.headers["Access-Control-Allow-Headers"]).toBeUndefined();
  });

  test("needs Access-Control-Request-Method: another OPTIONS is none", () => {
    expect(preflight({ "Origin": ORIGIN })).toBeUndefined();
  });
});

describe("The answer to another origin", () => {
  test("may be read, its headers too", () => {
    const answer = corsHeaders(headers({ "Origin": ORIGIN }));
    expect(answer["Access-Control-Allow-Origin"]).toBe(ORIGIN);
    expect(answer["Access-Control-Allow-Credentials"]).toBe("true");
    expect(answer["Access-Control-Expose-Headers"]?.split(", ")).toEqual(
      expect.arrayContaining(["Etag", "Content-Range", "Last-Modified", "X-Amz*", "*"]),
    );
  });

  test("carries nothing where no origin asks, nor in a preflight, whose answer says all", () => {
    expect(corsHeaders(headers({}))).toEqual({});
    expect(corsHeaders(headers({ "Origin": ORIGIN, "Access-Control-Request-Method": "TRACE" }))).toEqual({});
  });
});
