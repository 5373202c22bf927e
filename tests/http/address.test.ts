import { expect, test } from "bun:test";
import fc from "fast-check";
import { AddressError, parseAddress } from "../../src/http/address.ts";

test.each([
  [":9000", undefined, 9000],
  ["0.0.0.0:9000", "0.0.0.0", 9000],
  ["127.0.0.1:0", "127.0.0.1", 0],
  ["localhost:0", "localhost", 0],
  ["[::1]:9000", "::1", 9000],
  ["[fe80::1%eth0]:9000", "fe80::1%eth0", 9000],
  ["[::]:65535", "::", 65535],
  ["s3.example.com:443", "s3.example.com", 443],
])("%s is an address", (text, host, port) => {
  expect(parseAddress(text)).toEqual({ host, port });
});

test.each([
  ...["", "9000", "localhost", ":", ":x", ":90 00", ":-1", "::1:9000", "[::1]", "[::1:9000", "[x]:1"],
  ...[
    "http://localhost:9000",
    "a b:9000",
    "localhost:9000/",
    "user@localhost:9000",
    ":65536",
    ":99999999999",
  ],
])("%j is no address", (text) => {
  expect(() => parseAddress(text)).toThrow(AddressError);
});

test("a port above 65535 is named as the fault", () => {
  expect(() => parseAddress(":70000")).toThrow('":70000" has a port above 65535.');
});

test("whatever the text, the result is a port in range or an AddressError", () => {
  fc.assert(fc.property(fc.string(), (text) => {
    try {
      const { port } = parseAddress(text);
      return port >= 0 && port <= 65535;
    } catch (thrown) {
      return thrown instanceof AddressError;
    }
  }));
});
