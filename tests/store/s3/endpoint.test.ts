import { describe, expect, test } from "bun:test";
import { isLoopback, parseEndpoint, regionOfHost, targetOf } from "../../../src/store/s3/client/endpoint.ts";

describe("the endpoint of a backend", () => {
  test.each(
    [
      ["https://s3.amazonaws.com", true, "s3.amazonaws.com", 443, "s3.amazonaws.com", "virtual-host"],
      ["http://127.0.0.1:9000", false, "127.0.0.1", 9000, "127.0.0.1:9000", "path"],
      ["http://[::1]:9000/", false, "::1", 9000, "[::1]:9000", "path"],
      ["ceph.example.com", true, "ceph.example.com", 443, "ceph.example.com", "path"],
    ] as const,
  )("of %s", (url, secure, host, port, authority, addressing) => {
    expect(parseEndpoint(url, undefined)).toEqual({ secure, host, port, authority, addressing });
  });

  test.each([
    ["s3.amazonaws.com", undefined],
    ["s3.eu-central-1.amazonaws.com", "eu-central-1"],
    ["s3-us-west-2.amazonaws.com", "us-west-2"],
    ["s3.dualstack.ap-south-1.amazonaws.com", "ap-south-1"],
    ["s3.cn-north-1.amazonaws.com.cn", "cn-north-1"],
    ["s3.eu-central-1.example.com", undefined],
  ])("tells the region of %s", (host, region) => {
    expect(regionOfHost(host)).toBe(region);
  });

  test.each([
    ["localhost", true],
    ["127.1.2.3", true],
    ["::1", true],
    ["127.0.0.1.example.com", false],
    ["10.0.0.1", false],
  ])("knows whether %s is this machine", (host, loopback) => {
    expect(isLoopback(host)).toBe(loopback);
  });
});

describe("a request", () => {
  const aws = parseEndpoint("https://s3.amazonaws.com", undefined);
  const own = parseEndpoint("http://127.0.0.1:9000", undefined);

  test("goes to the host of its bucket, where buckets are hosts", () => {
    expect(targetOf(aws, "box", "a b/ü")).toEqual({
      host: "box.s3.amazonaws.com",
      authority: "box.s3.amazonaws.com",
      path: "/a%20b/%C3%BC",
    });
    expect(targetOf(parseEndpoint("http://127.0.0.1:9000", "virtual-host"), "box", "").authority)
      .toBe("box.127.0.0.1:9000");
  });

  test("goes to a path where they are not, and where a certificate could not name the host", () => {
    expect(targetOf(own, "box", "a//b")).toEqual({
      host: "127.0.0.1",
      authority: "127.0.0.1:9000",
      path: "/box/a//b",
    });
    expect(targetOf(own, "box", "").path).toBe("/box");
    expect(targetOf(own, "", "").path).toBe("/");
    expect(targetOf(aws, "old.box", "key")).toMatchObject({ host: "s3.amazonaws.com", path: "/old.box/key" });
    expect(targetOf(aws, "Old_Box", "key")).toMatchObject({ host: "s3.amazonaws.com", path: "/Old_Box/key" });
  });
});
