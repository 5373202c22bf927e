import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type RunningServer, startServer } from "../running-server.ts";
import { fingerprint, makeTree, MIB, sha256, write } from "./files.ts";
import { Client, findProgram } from "./program.ts";

const program = findProgram("aws");

for (const tls of [false, true]) {
  describe.skipIf(program === undefined)(`awscli over ${tls ? "https" : "http"}`, () => {
    let server: RunningServer;
    let client: Client;
    const aws = (...words: string[]) => client.run("--endpoint-url", server.url, ...words);
    const api = async (...words: string[]) => JSON.parse(await aws("s3api", ...words) || "{}");
    const inHome = (name: string) => join(client.home, name);

    beforeAll(async () => {
      server = await startServer({ tls });
      client = new Client(program ?? "", server);
      await aws("s3", "mb", "s3://crate");
    }, 60_000);
    afterAll(async () => {
      await server.stop();
      server.remove();
      client.remove();
    });

    test("a 30 MB file goes up in parts and comes down the same", async () => {
      const bytes = randomBytes(30 * MIB);
      write(inHome("large"), bytes);
      await aws("s3", "cp", "large", "s3://crate/large");
      const head = await api("head-object", "--bucket", "crate", "--key", "large");
      expect(head.ContentLength).toBe(bytes.length);
      expect(head.ETag).toMatch(/^"[0-9a-f]{32}-4"$/);
      await aws("s3", "cp", "s3://crate/large", "large.back");
      expect(sha256(readFileSync(inHome("large.back")))).toBe(sha256(bytes));
      await aws("s3", "cp", "s3://crate/large", "s3://crate/large.copy");
      await aws("s3", "cp", "s3://crate/large.copy", "copy.back");
      expect(sha256(readFileSync(inHome("copy.back")))).toBe(sha256(bytes));
    }, 120_000);

    test("sync carries a tree there and back, and deletes what is gone", async () => {
      makeTree(inHome("tree"));
      await aws("s3", "sync", "tree", "s3://crate/tree");
      await aws("s3", "sync", "s3://crate/tree", "back");
      expect(fingerprint(inHome("back"))).toEqual(fingerprint(inHome("tree")));
      expect(await aws("s3", "sync", "tree", "s3://crate/tree", "--size-only")).toBe("");
      await aws("s3", "rm", "s3://crate/tree/many", "--recursive");
      await aws("s3", "sync", "s3://crate/tree", "back", "--delete");
      expect(fingerprint(inHome("back")).filter((line) => line.startsWith("many/"))).toEqual([]);
    }, 120_000);

    test("a listing in small pages is complete and in order", async () => {
      await Promise.all(
        Array.from({ length: 25 }, (_, i) => Bun.write(inHome(`pages/${String.fromCharCode(97 + i)}`), "x")),
      );
      await aws("s3", "sync", "pages", "s3://crate/pages");
      const { Contents } = await api(
        "list-objects-v2",
        "--bucket",
        "crate",
        "--prefix",
        "pages/",
        "--page-size",
        "4",
      );
      expect(Contents.map((entry: { Key: string }) => entry.Key)).toEqual(
        Array.from({ length: 25 }, (_, i) => `pages/${String.fromCharCode(97 + i)}`),
      );
      const v1 = await api("list-objects", "--bucket", "crate", "--delimiter", "/", "--page-size", "1");
      expect(v1.CommonPrefixes).toContainEqual({ Prefix: "pages/" });
    }, 60_000);

    test("metadata, headers and conditions are kept", async () => {
      write(inHome("small"), randomBytes(100));
      const put = ["put-object", "--bucket", "crate", "--key", "meta", "--body", "small"];
      await api(
        ...put,
        "--metadata",
        "colour=blue",
        "--content-type",
        "text/x-test",
        "--cache-control",
        "no-store",
      );
      const head = await api("head-object", "--bucket", "crate", "--key", "meta");
      expect([head.Metadata, head.ContentType, head.CacheControl]).toEqual([
        { colour: "blue" },
        "text/x-test",
        "no-store",
      ]);
      const refused = await client.attempt(
        ...["--endpoint-url", server.url, "s3api", "get-object", "--bucket", "crate", "--key", "meta"],
        ...["--if-match", '"00000000000000000000000000000000"', "out"],
      );
      expect([refused.code, /PreconditionFailed|412/.test(refused.stderr)]).toEqual([254, true]);
    }, 60_000);

    test("a presigned URL opens for anyone until it expires", async () => {
      write(inHome("shared"), Buffer.from("for anyone"));
      await aws("s3", "cp", "shared", "s3://crate/sh are+d");
      const url = (await aws("s3", "presign", "s3://crate/sh are+d")).trim();
      const trust = tls ? { tls: { ca: readFileSync(server.certificate, "utf8") } } : {};
      expect(await (await fetch(url, trust)).text()).toBe("for anyone");
      const forged = await fetch(url.replace(/Signature=../, "Signature=00"), trust);
      expect([forged.status, await forged.text()]).toEqual([
        403,
        expect.stringContaining("SignatureDoesNotMatch"),
      ]);
    }, 60_000);

    test("a bucket policy lets anonymous readers in, and a range reads its bytes", async () => {
      const statement = {
        Effect: "Allow",
        Principal: "*",
        Action: "s3:GetObject",
        Resource: "arn:aws:s3:::crate/open/*",
      };
      write(
        inHome("policy.json"),
        Buffer.from(JSON.stringify({ Version: "2012-10-17", Statement: [statement] })),
      );
      write(inHome("word"), Buffer.from("0123456789"));
      await aws("s3", "cp", "word", "s3://crate/open/word");
      await aws("s3", "cp", "word", "s3://crate/closed/word");
      await api("put-bucket-policy", "--bucket", "crate", "--policy", "file://policy.json");
      const trust = tls ? { tls: { ca: readFileSync(server.certificate, "utf8") } } : {};
      const open = await fetch(`${server.url}/crate/open/word`, {
        ...trust,
        headers: { range: "bytes=2-4" },
      });
      expect([open.status, await open.text()]).toEqual([206, "234"]);
      expect((await fetch(`${server.url}/crate/closed/word`, trust)).status).toBe(403);
      const { PolicyStatus } = await api("get-bucket-policy-status", "--bucket", "crate");
      expect(PolicyStatus.IsPublic).toBe(true);
      await api("delete-bucket-policy", "--bucket", "crate");
      expect((await fetch(`${server.url}/crate/open/word`, trust)).status).toBe(403);
    }, 60_000);

    test("a bucket that still holds objects is not removed", async () => {
      const refused = await client.attempt("--endpoint-url", server.url, "s3", "rb", "s3://crate");
      expect([refused.code, refused.stderr.includes("BucketNotEmpty")]).toEqual([1, true]);
      await aws("s3", "rb", "--force", "s3://crate");
      expect(await aws("s3", "ls")).toBe("");
    }, 60_000);
  });
}
