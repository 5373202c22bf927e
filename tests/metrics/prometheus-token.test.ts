import { describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import { Secret } from "../../src/crypto/secret.ts";
import { allowsScraping, prometheusToken } from "../../src/metrics/prometheus-token.ts";

const SECRET = Secret.fromText("correct horse");
const NOW = Date.now();
const LATER = Math.floor(NOW / 1000) + 3600;

/** A token as `mc` makes it: RFC 7519 by hand, its claims in any order. */
function token(claims: Record<string, unknown>, secret = "correct horse", alg = "HS512"): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${part({ alg, typ: "JWT" })}.${part(claims)}`;
  const hash = alg === "HS256" ? "sha256" : "sha512";
  const signature = alg === "none" ? "" : createHmac(hash, secret).update(signed).digest("base64url");
  return `${signed}.${signature}`;
}

const allows = (authorization?: string) => allowsScraping(authorization, "anna", SECRET);
const claims = { exp: LATER, sub: "anna", iss: "prometheus" };

test("the token is the one that mc makes of the same claims", async () => {
  const exp = Math.floor(NOW / 1000) + 100 * 365 * 24 * 3600;
  expect(await prometheusToken("anna", SECRET, NOW)).toBe(token({ exp, sub: "anna", iss: "prometheus" }));
});

describe("metrics are shown", () => {
  test("to a token of ours, and to one of mc", async () => {
    expect(await allows(`Bearer ${await prometheusToken("anna", SECRET, NOW)}`)).toBe(true);
    expect(await allows(`bearer ${token(claims)}`)).toBe(true);
  });

  test.each([
    ["without a header", undefined],
    ["to an empty one", ""],
    ["to another scheme", `Basic ${token(claims)}`],
    ["to a token signed with another secret", `Bearer ${token(claims, "wrong horse")}`],
    ["to a token of another user", `Bearer ${token({ ...claims, sub: "bert" })}`],
    ["to a token that somebody else issued", `Bearer ${token({ ...claims, iss: "web" })}`],
    ["to a token without an issuer", `Bearer ${token({ exp: LATER, sub: "anna" })}`],
    ["to a token that has expired", `Bearer ${token({ ...claims, exp: 1 })}`],
    ["to a token without an end", `Bearer ${token({ sub: "anna", iss: "prometheus" })}`],
    ["to a weaker algorithm", `Bearer ${token(claims, "correct horse", "HS256")}`],
    ["to no algorithm", `Bearer ${token(claims, "", "none")}`],
    ["to a token with a changed claim", `Bearer ${token(claims).replace(/\.[^.]+\./, ".e30.")}`],
    ["to rubbish", "Bearer a.b.c"],
  ])("but not %s", async (_what, authorization) => {
    expect(await allows(authorization)).toBe(false);
  });
});
