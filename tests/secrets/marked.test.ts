import { expect, test } from "bun:test";
import { MarkedSecrets } from "./marked.ts";

test("the search finds a secret in every spelling, and any twelve characters of it", () => {
  const secrets = new MarkedSecrets();
  const key = secrets.key("key");
  const password = secrets.password("password");
  for (const encoding of ["hex", "base64", "base64url", "latin1"] as const) {
    expect(secrets.leaked(`x ${key.toString(encoding)} y`)).toEqual(["key"]);
    expect(secrets.leaked(`x ${key.toString(encoding).slice(5, 17)} y`)).toEqual(["key"]);
  }
  expect(secrets.leaked(key)).toEqual(["key"]);
  expect(secrets.leaked(Bun.inspect(new Uint8Array(key)))).toEqual(["key"]);
  expect(secrets.leaked(password)).toEqual(["password"]);
  expect(secrets.leaked(password.slice(9, 21))).toEqual(["password"]);
  expect(secrets.leaked(password.slice(9, 20))).toEqual([]);
  expect(secrets.leaked("nothing of it")).toEqual([]);
});
