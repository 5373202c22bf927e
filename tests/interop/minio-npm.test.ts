import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { Agent } from "node:https";
import { Readable } from "node:stream";
import { Client, CopyConditions } from "minio";
import { ACCESS_KEY, type RunningServer, SECRET_KEY, startServer } from "../running-server.ts";
import { MIB, sha256 } from "./files.ts";

for (const tls of [false, true]) {
  describe(`minio for JavaScript over ${tls ? "https" : "http"}`, () => {
    let server: RunningServer;
    let client: Client;
    let trust: { tls?: { ca: string } } = {};

    beforeAll(async () => {
      server = await startServer({ tls });
      if (tls) trust = { tls: { ca: readFileSync(server.certificate, "utf8") } };
      client = new Client({
        endPoint: "127.0.0.1",
        port: server.port,
        useSSL: tls,
        accessKey: ACCESS_KEY,
        secretKey: SECRET_KEY,
        ...(tls ? { transportAgent: new Agent({ ca: readFileSync(server.certificate) }) } : {}),
      });
      await client.makeBucket("crate", "us-east-1");
    }, 60_000);
    afterAll(async () => {
      await server.stop();
      server.remove();
    });
    const read = async (key: string) => Buffer.concat(await (await client.getObject("crate", key)).toArray());

    test("a 30 MB stream of unknown length goes up in parts and comes down the same", async () => {
      const bytes = randomBytes(30 * MIB);
      await client.putObject(
        "crate",
        "large",
        Readable.from([bytes.subarray(0, 7 * MIB), bytes.subarray(7 * MIB)]),
      );
      expect(sha256(await read("large"))).toBe(sha256(bytes));
      const middle = await client.getPartialObject("crate", "large", 6 * MIB - 5, 10);
      expect(Buffer.concat(await middle.toArray()).equals(bytes.subarray(6 * MIB - 5, 6 * MIB + 5))).toBe(
        true,
      );
    }, 60_000);

    test("metadata, stat and copy agree", async () => {
      const body = Buffer.from("word");
      const put = await client.putObject("crate", "a b/ü", body, body.length, {
        "X-Amz-Meta-Colour": "blue",
      });
      const stat = await client.statObject("crate", "a b/ü");
      expect([stat.size, stat.etag, stat.metaData["colour"]]).toEqual([4, put.etag, "blue"]);
      await client.copyObject("crate", "copied", "/crate/a b/ü", new CopyConditions());
      expect((await read("copied")).toString()).toBe("word");
    });

    test("a browser form with a signed policy uploads, and one outside its policy does not", async () => {
      const policy = client.newPostPolicy();
      policy.setBucket("crate");
      policy.setKeyStartsWith("forms/");
      policy.setContentLengthRange(1, 100);
      policy.setExpires(new Date(Date.now() + 60_000));
      const { postURL, formData } = await client.presignedPostPolicy(policy);
      const post = (key: string, text: string) => {
        const form = new FormData();
        for (const [name, value] of Object.entries(formData)) {
          if (name !== "key") form.set(name, String(value));
        }
        form.set("key", key);
        form.set("file", new Blob([text]), "file.txt");
        return fetch(postURL, { ...trust, method: "POST", body: form });
      };
      expect((await post("forms/one", "from a form")).status).toBe(204);
      expect((await read("forms/one")).toString()).toBe("from a form");
      expect((await post("elsewhere/one", "x")).status).toBe(403);
      expect((await post("forms/two", "x".repeat(101))).status).toBe(400);
      expect(client.statObject("crate", "forms/two")).rejects.toThrow();
    });

    test("presigned URLs, listing and unfinished uploads work", async () => {
      const put = await client.presignedPutObject("crate", "pre/signed", 60);
      expect((await fetch(put, { ...trust, method: "PUT", body: "x" })).status).toBe(200);
      const get = await client.presignedGetObject("crate", "pre/signed", 60);
      expect(await (await fetch(get, trust)).text()).toBe("x");
      const uploadId = await client.initiateNewMultipartUpload("crate", "unfinished", {});
      const unfinished = await client.listIncompleteUploads("crate", "", true).toArray();
      expect(unfinished).toMatchObject([{ key: "unfinished", uploadId }]);
      await client.removeIncompleteUpload("crate", "unfinished");
      const names = await client.listObjectsV2("crate", "", false).toArray();
      expect(names.map((entry) => entry.name ?? entry.prefix).sort()).toEqual([
        "a b/",
        "copied",
        "forms/",
        "large",
        "pre/",
      ]);
    });

    test("an emptied bucket can be removed", async () => {
      const names = await client.listObjectsV2("crate", "", true).toArray();
      await client.removeObjects("crate", names.map((entry) => entry.name));
      await client.removeBucket("crate");
      expect(await client.bucketExists("crate")).toBe(false);
    });
  });
}
