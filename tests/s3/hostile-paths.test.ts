import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { bucketAndKey, splitTarget } from "../../src/http/request.ts";
import { percentDecode } from "../../src/http/percent.ts";
import { S3Error } from "../../src/errors/s3-error.ts";
import { openEmbeddedStore } from "../../src/store/embedded/open.ts";
import { openFsStore } from "../../src/store/fs/open.ts";
import type { Store } from "../../src/store/store.ts";
import { send } from "../raw-client.ts";
import { remoteStore, serveStore, startBackend } from "../store/s3/backend.ts";
import { plainSse } from "./plain-sse.ts";

/** Ways to write the key `secret/x` for someone who may not have it, and keys that are almost it. */
const SPELLINGS = [
  ..."secret/x %73ecret/x secret%2Fx secret%2fx secre%74/%78 secret/x? secret/x?x-id=GetObject".split(" "),
  ..."/secret/x //secret/x ./secret/x secret//x secret/./x secret/y/../x public/../secret/x".split(" "),
  ..."public/%2e%2e/secret/x public/..%2fsecret/x public%2f..%2fsecret%2fx ../box/secret/x".split(" "),
  ..."%2Fsecret/x %2e/secret/x secret/x/ secret/x%00 secret%00/x secret\\x secret%5Cx Secret/x".split(" "),
  ..."secret/x#y secret/x%23 secret/x;y secret/x%3F secret/x+ secret/x%20 secret/x. secret%25/x".split(" "),
  ..."secret%C0%AFx %c0%ae%c0%ae/secret/x secret%E2%81%84x secret%252Fx secret/x/.minio/data".split(" "),
  ..."secret/x?versionId=null secret/x?partNumber=1 ?secret/x secret?/x secret/x?? secret/x?&".split(" "),
];

const BUCKETS = ["//box/", "/%62ox/", "/./box/", "/y/../box/", "/box%2F", "http://evil/box/"];

const POLICY = JSON.stringify({
  Version: "2012-10-17",
  Statement: [
    {
      Effect: "Allow",
      Principal: "*",
      Action: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
      Resource: "arn:aws:s3:::box/*",
    },
    { Effect: "Deny", Principal: "*", Action: "s3:*", Resource: "arn:aws:s3:::box/secret/*" },
  ],
});

const STORES: Readonly<Record<string, (home: string) => Promise<{ store: Store; close?: () => unknown }>>> = {
  "storage of its own": async (home) => ({ store: await openEmbeddedStore(home) }),
  "MinIO's layout": async (home) => ({ store: await openFsStore(home) }),
  "another server": async () => {
    const backend = await startBackend();
    return { store: await remoteStore(backend), close: () => backend.close() };
  },
};

for (const [name, open] of Object.entries(STORES)) {
  describe(`over ${name}`, () => {
    const ends: (() => unknown)[] = [];
    let store: Store;
    let server: Parameters<typeof send>[0];

    beforeAll(async () => {
      const home = mkdtempSync(join(tmpdir(), "minio-ts-paths-"));
      const opened = await open(join(home, "data"));
      store = opened.store;
      const serving = await serveStore(store, plainSse(), home);
      server = { ...serving, port: Number(new URL(serving.url).port) };
      await send(server, { method: "PUT", target: "/box" });
      await send(server, { method: "PUT", target: "/box/secret/x", body: Buffer.from("TOPSECRET") });
      await send(server, { method: "PUT", target: "/box/public/x", body: Buffer.from("public") });
      await send(server, { method: "PUT", target: "/box?policy", body: Buffer.from(POLICY) });
      ends.push(
        () => serving.close(),
        () => store.close(),
        () => opened.close?.(),
        () => rmSync(home, { recursive: true, force: true }),
      );
    });
    afterAll(async () => {
      for (const end of ends) await end();
    });

    test("no spelling of a key reaches it past the policy that denies it", async () => {
      const open = await send(server, { method: "GET", target: "/box/public/x", anonymous: true });
      expect(open.body.toString()).toBe("public");
      const targets = [
        ...SPELLINGS.map((key) => `/box/${key}`),
        ...BUCKETS.map((bucket) => `${bucket}secret/x`),
      ];
      const answers = await Promise.all(targets.map(async (target) => {
        const { status, body } = await send(server, { method: "GET", target, anonymous: true });
        return { target, refused: status >= 400 && status <= 501, leaked: body.includes("TOPSECRET") };
      }));
      expect(answers.filter(({ refused, leaked }) => leaked || !refused)).toEqual([]);
    });

    test("nor does it write, copy or remove it", async () => {
      for (const key of SPELLINGS) {
        const target = `/box/${key}`;
        const copy = { "x-amz-copy-source": target };
        const anonymous = true;
        await send(server, { method: "PUT", target, anonymous, body: Buffer.from("over") });
        await send(server, { method: "PUT", target, anonymous, headers: { ...copy, "content-length": "0" } });
        await send(server, { method: "DELETE", target, anonymous });
        await send(server, { method: "PUT", target: "/box/copied", anonymous, headers: copy });
      }
      await send(server, { method: "DELETE", target: "/box?policy" });
      const kept = await send(server, { method: "GET", target: "/box/secret/x" });
      expect(kept.body.toString()).toBe("TOPSECRET");
      const copied = await send(server, { method: "GET", target: "/box/copied" });
      expect(copied.body.toString()).not.toBe("TOPSECRET");
    });
  });
}

test("Bucket and key are what the signed path says, cut at its first slash", () => {
  const piece = fc.constantFrom(
    "a",
    "/",
    "//",
    ".",
    "..",
    "%2F",
    "%2e",
    "%",
    "%zz",
    "%00",
    "%ff",
    "%C3%A4",
    "+",
    ";",
    "\\",
  );
  fc.assert(fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
    const { rawPath } = splitTarget(`/${pieces.join("")}?x/y`);
    try {
      const { bucket, key } = bucketAndKey(rawPath, "localhost", []);
      expect(percentDecode(rawPath)).toBe(rawPath.indexOf("/", 1) < 0 ? `/${bucket}` : `/${bucket}/${key}`);
    } catch (thrown) {
      if (!(thrown instanceof S3Error)) throw thrown;
      expect(() => percentDecode(rawPath)).toThrow(S3Error);
    }
  }));
});
