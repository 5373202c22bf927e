import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { S3Error } from "../../../src/errors/s3-error.ts";
import { OPERATORS, parseRange } from "../../../src/auth/policy/operators.ts";

const valuesOf = (key: string) => key === "aws:username" ? ["Ann"] : [];

function holds(name: string, wanted: string, actual: string): boolean {
  const operator = OPERATORS.get(name);
  if (operator === undefined) throw new Error(`there is no ${name}`);
  return operator.read(wanted, true)(actual, valuesOf) !== operator.negated;
}

describe("the operator", () => {
  test.each([
    ["StringEquals", "a", "a", true],
    ["StringEquals", "a", "A", false],
    ["StringEquals", "a*", "ab", false],
    ["StringEquals", "${aws:username}", "Ann", true],
    ["StringEquals", "${aws:referer}", "", false],
    ["StringNotEquals", "a", "b", true],
    ["StringNotEquals", "a", "a", false],
    ["StringEqualsIgnoreCase", "AnN", "aNn", true],
    ["StringEqualsIgnoreCase", "${aws:username}", "ANN", true],
    ["StringNotEqualsIgnoreCase", "a", "A", false],
    ["StringLike", "home/*", "home/x/y", true],
    ["StringLike", "home/?", "home/xy", false],
    ["StringLike", "${aws:username}/*", "Ann/1", true],
    ["StringNotLike", "home/*", "home/x", false],
    ["StringNotLike", "home/*", "away", true],
    ["NumericEquals", "10", "10.0", true],
    ["NumericEquals", "10", "ten", false],
    ["NumericNotEquals", "10", "11", true],
    ["NumericLessThan", "10", "9", true],
    ["NumericLessThan", "10", "10", false],
    ["NumericLessThanEquals", "10", "10", true],
    ["NumericLessThanEquals", "10", "-0x1", false],
    ["NumericGreaterThan", "10", "10", false],
    ["NumericGreaterThanEquals", "-10.5", "-10.5", true],
    ["DateEquals", "2026-03-04T05:06:07Z", "2026-03-04T06:06:07+01:00", true],
    ["DateNotEquals", "2026-03-04", "2026-03-04T00:00:00Z", false],
    ["DateLessThan", "2026-03-04T05:06:07Z", "2026-03-04T05:06:06.999Z", true],
    ["DateLessThanEquals", "1772600767", "2026-03-04T05:06:07Z", true],
    ["DateGreaterThan", "2026-03-04T05:06:07Z", "1772600768", true],
    ["DateGreaterThanEquals", "2026-03-04T05:06:07Z", "1772600766", false],
    ["Bool", "true", "true", true],
    ["Bool", "False", "true", false],
    ["BinaryEquals", "aGk=", "hi", true],
    ["BinaryEquals", "aGk=", "ho", false],
    ["IpAddress", "192.0.2.0/24", "192.0.2.255", true],
    ["IpAddress", "192.0.2.0/24", "192.0.3.0", false],
    ["IpAddress", "192.0.2.1", "192.0.2.1", true],
    ["IpAddress", "192.0.2.1", "192.0.2.2", false],
    ["IpAddress", "0.0.0.0/0", "8.8.8.8", true],
    ["IpAddress", "0.0.0.0/0", "2001:db8::1", false],
    ["IpAddress", "2001:db8::/32", "2001:db8:1::1", true],
    ["IpAddress", "2001:db8::/32", "2001:db9::1", false],
    ["IpAddress", "192.0.2.0/24", "::ffff:192.0.2.9", true],
    ["IpAddress", "::ffff:192.0.2.0/120", "192.0.2.9", true],
    ["IpAddress", "::ffff:192.0.2.0/120", "192.0.3.9", false],
    ["IpAddress", "192.0.2.0/24", "", false],
    ["NotIpAddress", "192.0.2.0/24", "192.0.2.1", false],
    ["NotIpAddress", "192.0.2.0/24", "2001:db8::1", true],
    ["ArnEquals", "arn:aws:iam::*:user/a*", "arn:aws:iam::1:user/ann", true],
    ["ArnLike", "arn:aws:iam::*:user", "arn:aws:iam::1:team:user", false],
    ["ArnLike", "arn:aws:iam::1:user/ann", "no ARN", false],
    ["ArnNotLike", "arn:aws:iam::1:*", "arn:aws:iam::2:root", true],
    ["ArnNotEquals", "arn:aws:iam::1:*", "arn:aws:iam::1:root", false],
  ])("%s %j on %j: %p", (name, wanted, actual, expected) => {
    expect(holds(name, wanted, actual)).toBe(expected);
  });

  test.each([
    ["NumericEquals", "ten"],
    ["NumericLessThan", ""],
    ["NumericLessThan", "0x10"],
    ["DateEquals", "yesterday"],
    ["DateLessThan", "2026-02-30T25:00:00Z"],
    ["Bool", "yes"],
    ["BinaryEquals", "***"],
    ["IpAddress", "192.0.2.0/33"],
    ["IpAddress", "192.0.2"],
    ["IpAddress", "010.0.0.1"],
    ["IpAddress", "192.0.2.0/24/8"],
    ["IpAddress", "192.0.2.0/"],
    ["IpAddress", "2001:db8::/129"],
    ["IpAddress", "localhost"],
    ["ArnLike", "ann"],
    ["ArnLike", "arn:aws:*:user/ann"],
  ])("%s refuses the value %j", (name, wanted) => {
    expect(() => holds(name, wanted, "")).toThrow(S3Error);
  });

  test("IpAddress takes an IPv4 address in as many bits as its range has", () => {
    fc.assert(fc.property(fc.ipV4(), fc.ipV4(), fc.integer({ min: 0, max: 32 }), (range, address, bits) => {
      const number = (text: string) => text.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
      const block = 2 ** (32 - bits);
      const same = Math.floor(number(range) / block) === Math.floor(number(address) / block);
      expect(holds("IpAddress", `${range}/${bits}`, address)).toBe(same);
      expect(holds("IpAddress", `${range}/${bits}`, `::ffff:${address}`)).toBe(same);
    }));
  });

  test("a range of mapped addresses that is wider than IPv4 stays IPv6", () => {
    const [address, bits] = parseRange("::ffff:0:0/64");
    expect([address.kind(), bits]).toEqual(["ipv6", 64]);
  });
});
