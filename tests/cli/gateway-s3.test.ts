import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ACCESS_KEY, SECRET_KEY, startBackend, type TestBackend } from "../store/s3/backend.ts";
import { runHere } from "./in-process.ts";

const ROOT = { MINIO_ROOT_USER: ACCESS_KEY, MINIO_ROOT_PASSWORD: SECRET_KEY };
const KMS = { MINIO_SSE_MASTER_KEY: `my-key:${"5e".repeat(32)}` };

describe("gateway s3 does not start", () => {
  let backend: TestBackend;
  let secure: TestBackend;
  let website: Server;
  let site = "";
  let page: { readonly status: number; readonly text: string; readonly location?: string };
  beforeAll(async () => {
    backend = await startBackend();
    secure = await startBackend({ tls: true });
    website = createServer((_incoming, outgoing) => {
      const { status, text, location } = page;
      outgoing.writeHead(status, location === undefined ? {} : { "Location": location }).end(text);
    });
    await new Promise<void>((resolve) => website.listen(0, "127.0.0.1", resolve));
    site = `http://127.0.0.1:${(website.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    await backend.close();
    await secure.close();
    website.close();
  });

  const start = async (url: string, env: Readonly<Record<string, string>> = {}) => {
    const { code, out } = await runHere(["gateway", "s3", "--address", "127.0.0.1:0", url], {
      ...ROOT,
      ...env,
    });
    expect(code).toBe(1);
    expect(out).not.toContain(SECRET_KEY);
    return out;
  };

  test("with a backend that cannot be reached", async () => {
    const out = await start("http://127.0.0.1:1");
    expect(out).toContain("Unable to use the backend: http://127.0.0.1:1 cannot be reached:");
    expect(out).toContain("Check the address, and that the backend runs.");
  });

  test("with a backend whose certificate nobody vouches for", async () => {
    expect(await start(secure.url)).toContain(
      "Name the authority of its certificate in MINIO_GATEWAY_CAPATH.",
    );
  });

  test("with credentials that the backend does not take", async () => {
    const other = { AWS_ACCESS_KEY_ID: "somebody", AWS_SECRET_ACCESS_KEY: "something" };
    expect(await start(backend.url, other)).toContain("does not know the access key");
    const wrong = { AWS_ACCESS_KEY_ID: ACCESS_KEY, AWS_SECRET_ACCESS_KEY: "something" };
    const out = await start(backend.url, wrong);
    expect(out).toContain("does not accept the secret key");
    expect(out).not.toContain("something");
  });

  test("with half of the credentials for the backend", async () => {
    expect(await start(backend.url, { AWS_ACCESS_KEY_ID: "a" }))
      .toContain("AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not.");
    expect(await start(backend.url, { AWS_SECRET_ACCESS_KEY: "a" }))
      .toContain("AWS_SECRET_ACCESS_KEY is set, but AWS_ACCESS_KEY_ID is not.");
  });

  test.each([
    [404, "<html>no such page</html>"],
    [200, "<html>the console of a server</html>"],
    [304, ""],
  ])("with something that is no S3 server, and answers %i", async (status, text) => {
    page = { status, text };
    expect(await start(site)).toContain(`${site} does not speak S3: it answers ${status}.`);
  });

  test("with something that redirects", async () => {
    page = { status: 301, text: "", location: "https://s3.example.com/probe" };
    expect(await start(site)).toContain(
      `${site} redirects to https://s3.example.com, where the gateway does not follow.`,
    );
  });

  test("with something that has an error of its own", async () => {
    page = { status: 400, text: "<Error><Code>constructor</Code><Message>why</Message></Error>" };
    expect(await start(site)).toContain(`${site} answers constructor: why.`);
  });

  test.each([
    ["http://", "is not a URL"],
    ["ftp://127.0.0.1", "must begin with http:// or https://"],
    ["http://me:secret@127.0.0.1", "must not hold credentials"],
    ["http://127.0.0.1/path", "must be a server without a path behind it"],
  ])("with %s for a URL", async (url, why) => {
    const out = await start(url);
    expect(out).toContain(why);
    expect(out).not.toContain("me:secret");
  });

  test("with more than one URL", async () => {
    const { code, out } = await runHere(["gateway", "s3", "http://a", "http://b"], ROOT);
    expect([code, out]).toEqual([1, expect.stringContaining("there is only one backend")]);
  });

  test("with MINIO_GATEWAY_SSE but no KMS", async () => {
    expect(await start(backend.url, { MINIO_GATEWAY_SSE: "s3" }))
      .toContain("MINIO_GATEWAY_SSE set but KMS is not configured.");
  });

  test.each(["S4", "s3 ;c", "s3;", "s3,c", "s3;s3"])("with %p for MINIO_GATEWAY_SSE", async (value) => {
    expect(await start(backend.url, { ...KMS, MINIO_GATEWAY_SSE: value }))
      .toContain('MINIO_GATEWAY_SSE must be "s3", "c" or "s3;c".');
  });

  test("with SSE-C for a backend that is reached in the clear", async () => {
    expect(await start(backend.url, { ...KMS, MINIO_GATEWAY_SSE: "S3;C" }))
      .toContain("its URL begins with http://, where no keys are sent.");
  });
});
