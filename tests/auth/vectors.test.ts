import { Buffer } from "node:buffer";
import { describe, expect, test } from "bun:test";
import { createAuthenticator } from "../../src/auth/authenticate.ts";
import { staticCredentials } from "../../src/auth/credentials.ts";
import { Secret } from "../../src/crypto/secret.ts";
import { cut, drain, failure, fakeRequest } from "./fake-request.ts";
import chunked from "./vectors/chunked.json" with { type: "json" };
import chunkedTrailer from "./vectors/chunked-trailer.json" with { type: "json" };
import header from "./vectors/header.json" with { type: "json" };
import postPolicy from "./vectors/post-policy.json" with { type: "json" };
import presigned from "./vectors/presigned.json" with { type: "json" };

interface Signer {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly region: string;
}

function authenticator({ accessKey, secretKey, region }: Signer) {
  return createAuthenticator({
    credentials: staticCredentials([{ accessKey, secretKey: Secret.fromText(secretKey) }]),
    region,
  });
}

/** The same text with the last hexadecimal digit of its signature changed. */
function spoilt(text: string): string {
  return text.slice(0, -1) + (text.endsWith("0") ? "1" : "0");
}

for (const file of [header, presigned]) {
  describe(file.source, () => {
    const authenticate = authenticator(file);
    const domains = ["s3.amazonaws.com"];
    const receivedAt = Date.parse(file.time);
    for (const { name, method, target, headers, body } of file.requests) {
      const sent = { method, domains, receivedAt, body: [Buffer.from(body)] };

      test(`${name} verifies`, async () => {
        const given = authenticate(fakeRequest({ ...sent, target, headers }).request);
        expect(given.kind).toBe(file === header ? "header" : "presigned");
        expect(given.identity).toEqual({ kind: "user", accessKey: file.accessKey });
        expect((await drain(given.payload)).bytes.toString()).toBe(body);
      });

      test(`${name} does not verify with another signature`, async () => {
        const { authorization } = { authorization: undefined, ...headers };
        const wrong = authorization === undefined
          ? { target: spoilt(target), headers }
          : { target, headers: { ...headers, authorization: spoilt(authorization) } };
        const error = await failure(() => authenticate(fakeRequest({ ...sent, ...wrong }).request));
        expect(error.code).toBe("SignatureDoesNotMatch");
      });
    }
  });
}

for (const vector of [chunked, chunkedTrailer]) {
  describe(vector.source, () => {
    const authenticate = authenticator(vector);
    const wire = Buffer.concat([
      ...vector.chunks.flatMap(({ fill, size, signature }) => [
        Buffer.from(`${size.toString(16)};chunk-signature=${signature}\r\n`),
        Buffer.from(fill.repeat(size) + (size > 0 ? "\r\n" : "")),
      ]),
      Buffer.from([...vector.trailers, ""].map((line) => `${line}\r\n`).join("")),
    ]);
    const { method, target, headers } = vector;
    const payload = (bytes: Uint8Array) =>
      authenticate(
        fakeRequest({
          method,
          target,
          headers,
          receivedAt: Date.parse(vector.time),
          body: cut(bytes, [1000, 1, 70, 9000]),
        }).request,
      ).payload;

    test("the seed and every chunk verify", async () => {
      const { bytes, trailers } = await drain(payload(wire), ["crc32c"]);
      expect(bytes.equals(Buffer.alloc(66560, "a"))).toBe(true);
      expect([...trailers].map(([name, value]) => `${name}:${value}`)).toEqual(vector.trailers.slice(0, -1));
    });

    test("the checksum that trails is that of the bytes", async () => {
      const { digests } = await drain(payload(wire), ["crc32c"]);
      expect(Buffer.from(digests.get("crc32c") ?? []).toString("base64")).toBe("sOO8/Q==");
    });

    test("no chunk and no trailer verifies with another signature", async () => {
      const signatures = [...vector.chunks.map(({ signature }) => signature), ...vector.trailers.slice(-1)];
      for (const signature of signatures) {
        const wrong = Buffer.from(wire.toString("latin1").replace(signature, spoilt(signature)), "latin1");
        expect((await failure(() => drain(payload(wrong)))).code).toBe("SignatureDoesNotMatch");
      }
    });
  });
}

describe(postPolicy.source, () => {
  const authenticate = authenticator(postPolicy);
  const form = authenticate(
    fakeRequest({
      method: "POST",
      target: "/sigv4examplebucket",
      headers: { "host": "localhost", "content-type": "multipart/form-data; boundary=x" },
    }).request,
  );
  const verify = (fields: Readonly<Record<string, string>>) => {
    if (form.kind !== "form") throw new Error(`a form is taken for ${form.kind}`);
    return form.verifyForm(new Map(Object.entries(fields)));
  };

  test("the policy verifies", () => {
    expect(verify(postPolicy.fields)).toEqual({ kind: "user", accessKey: postPolicy.accessKey });
  });

  test("neither another policy nor another signature verifies", async () => {
    for (const name of ["policy", "x-amz-signature"] as const) {
      const wrong = { ...postPolicy.fields, [name]: spoilt(postPolicy.fields[name]) };
      expect((await failure(() => verify(wrong))).code).toBe("SignatureDoesNotMatch");
    }
  });
});
