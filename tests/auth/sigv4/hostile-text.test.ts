import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createAuthenticator } from "../../../src/auth/authenticate.ts";
import { staticCredentials } from "../../../src/auth/credentials.ts";
import { Secret } from "../../../src/crypto/secret.ts";
import { failure, fakeRequest } from "../fake-request.ts";
import { signHeaders } from "../sign.ts";
import { answers, authenticate, BASE, byHeader, byQuery, type Headers, NOW } from "../signed.ts";

/** Header text is Latin-1: one character for each byte. */
const latin1 = fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 60 })
  .map((bytes) => String.fromCharCode(...bytes));

/** Pieces that an Authorization header is made of, whole and broken, so that chance gets far. */
const nearly = fc.array(
  fc.oneof(
    fc.constantFrom(
      "Credential=AKEY/20260304/eu-west-1/s3/aws4_request",
      "Credential=",
      "SignedHeaders=host;x-amz-content-sha256;x-amz-date",
      "SignedHeaders=host;host",
      "SignedHeaders=;",
      `Signature=${"0".repeat(64)}`,
      "/",
      ",",
      "=",
      " ",
    ),
    latin1,
  ),
  { maxLength: 8 },
).map((pieces) => `AWS4-HMAC-SHA256 ${pieces.join("")}`);

/** Lets one header stand for all, and fails on anything but an `S3Error` of the client's fault. */
async function refuse(header: Headers, after: (headers: Headers) => Headers = (headers) => headers) {
  const error = await failure(() => byHeader({}, (headers) => after({ ...headers, ...header })));
  expect(error.status).toBeLessThan(500);
}

describe("hostile text", () => {
  test("as Authorization is an error of S3", async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(latin1, nearly), async (authorization) => {
        await refuse({ authorization });
      }),
      { numRuns: 2000 },
    );
  });

  test("in the place of any other header that counts is one too", async () => {
    const names = ["x-amz-date", "x-amz-content-sha256", "host"];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...names), latin1, async (name, text) => {
        await refuse({ [name]: text });
      }),
      { numRuns: 1000 },
    );
  });

  test("in the place of any parameter of a presigned URL is one too", async () => {
    const names = ["Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature"];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...names),
        fc.string({ unit: "binary", maxLength: 40 }).filter((text) => text.isWellFormed()),
        async (name, text) => {
          const value = `X-Amz-${name}=${encodeURIComponent(text)}`;
          const after = (query: string) => query.replace(new RegExp(`X-Amz-${name}=[^&]*`), () => value);
          const error = await failure(() => byQuery({}, { after }));
          expect(error.status).toBeLessThan(500);
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe("a signature", () => {
  test("with any bit changed does not fit", async () => {
    const { authorization = "" } = signHeaders(BASE);
    const start = authorization.length - 64;
    for (let at = start; at < authorization.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const changed = String.fromCharCode(authorization.charCodeAt(at) ^ (1 << bit));
        await refuse({ authorization: authorization.slice(0, at) + changed + authorization.slice(at + 1) });
      }
    }
  });

  test("in capitals does not fit", async () => {
    const capitals = (headers: Headers) => ({
      ...headers,
      authorization: (headers["authorization"] ?? "").replace(/\w{64}$/, (digits) => digits.toUpperCase()),
    });
    expect(await answers(() => byHeader({}, capitals))).toBe("403 SignatureDoesNotMatch");
  });

  test("does not fit with a character whose low byte is the digit", async () => {
    const after = (query: string) =>
      query.replace(
        /(?<=Signature=.*)./,
        (digit) => encodeURIComponent(String.fromCharCode(digit.charCodeAt(0) + 0x100)),
      );
    expect(await answers(() => byQuery({}, { after }))).toBe("403 SignatureDoesNotMatch");
  });
});

describe("a server without a region", () => {
  const anywhere = createAuthenticator({
    credentials: staticCredentials([{ accessKey: "AKEY", secretKey: Secret.fromText(BASE.secretKey) }]),
    region: undefined,
    now: () => NOW,
  });
  const signedFor = (region: string) => {
    const headers = signHeaders({ ...BASE, region });
    return anywhere(fakeRequest({ target: BASE.path, headers }).request);
  };

  test.each(["us-east-1", "eu-west-1", "garage", "a_b-9"])("takes a signature for %s", (region) => {
    expect(signedFor(region).kind).toBe("header");
  });

  test.each(["", "a b", "é", "a".repeat(65)])("does not take %p for a region", async (region) => {
    expect(await answers(() => signedFor(region))).toBe("400 AuthorizationHeaderMalformed");
  });

  test("still wants the signature to fit", async () => {
    const headers = signHeaders({ ...BASE, region: "garage", secretKey: "another" });
    expect(await answers(() => anywhere(fakeRequest({ target: BASE.path, headers }).request))).toBe(
      "403 SignatureDoesNotMatch",
    );
    expect(authenticate(fakeRequest({ target: BASE.path, headers: signHeaders(BASE) }).request).kind).toBe(
      "header",
    );
  });
});
