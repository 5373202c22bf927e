import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { signHeaders } from "../auth/sign.ts";
import { openssl, writeCertificate } from "../http/certificates.ts";
import { refused, Wire } from "../http/wire.ts";
import { installedRuntimes, type Runtime } from "../running-server.ts";
import { newPlace, type Place, portIn, type Program, start } from "./program.ts";

const USER = "anna";
const PASSWORD = "correct horse";
const CREDENTIALS = { MINIO_ROOT_USER: USER, MINIO_ROOT_PASSWORD: PASSWORD };

let place: Place;
let programs: Program[];
beforeEach(() => {
  place = newPlace();
  programs = [];
});
afterEach(() => {
  for (const { child } of programs) child.kill("SIGKILL");
  place.remove();
});

/** Starts a server on a free port of loopback. */
function serve(
  flags: readonly string[] = [],
  env: Readonly<Record<string, string>> = CREDENTIALS,
  runtime: Runtime = "bun",
): Program {
  const program = start(place, ["server", "--address", "127.0.0.1:0", ...flags, "data"], env, runtime);
  programs.push(program);
  return program;
}

/** A port that nobody listens on. */
function freePort(): number {
  const probe = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  probe.stop();
  return probe.port;
}

/** Resolves once a server answers on a port. */
async function answering(port: number): Promise<void> {
  while (!await fetch(`http://127.0.0.1:${port}/minio/health/live`).then(({ ok }) => ok, () => false)) {
    await Bun.sleep(10);
  }
}

/** The head of a signed request. */
function head(method: string, port: number, path: string, length = 0): string {
  const headers = signHeaders({
    method,
    path,
    query: "",
    headers: {
      "host": `127.0.0.1:${port}`,
      "content-length": String(length),
      "x-amz-content-sha256": "UNSIGNED-PAYLOAD",
    },
    accessKey: USER,
    secretKey: PASSWORD,
    region: "us-east-1",
  });
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return `${method} ${path} HTTP/1.1\r\n${lines}\r\n`;
}

describe("what a server prints", () => {
  test("is the banner, without credentials when nobody sits at a terminal", async () => {
    const program = serve();
    await program.printed("Auto-encryption: off\n\n");
    expect(program.out()).toBe([
      `Endpoint:        http://127.0.0.1:${portIn(program.out())}`,
      "Region:          any",
      `Storage:         ${join(place.home, "data")} (embedded)`,
      "KMS:             none",
      "Auto-encryption: off",
      "",
      "",
    ].join("\n"));
    expect(program.err()).toBe("");
  });

  test("is one object with --json, and the farewell goes to the log", async () => {
    const program = serve(["--json"]);
    const printed = await program.printed("\n");
    expect(JSON.parse(printed).endpoints).toEqual([`http://127.0.0.1:${portIn(printed)}`]);
    program.child.kill("SIGTERM");
    const { code, out, err } = await program.ended;
    expect([code, out]).toEqual([0, printed]);
    expect(JSON.parse(err)).toMatchObject({ level: "INFO", message: "Exiting on signal: TERMINATED" });
  });

  test("is nothing with --quiet", async () => {
    const port = freePort();
    const program = start(
      place,
      ["server", "--address", `127.0.0.1:${port}`, "--quiet", "data"],
      CREDENTIALS,
    );
    programs.push(program);
    await answering(port);
    program.child.kill("SIGTERM");
    expect(await program.ended).toEqual({ code: 0, out: "", err: "" });
  });

  test("warns of the well-known credentials, also with --quiet", async () => {
    const program = serve(["--quiet"], {});
    expect(await program.printed("\n")).toStartWith(
      "WARNING: the default credentials minioadmin:minioadmin are in use",
    );
  });

  test("warns of settings that it does not know and of a directory without certificate", async () => {
    mkdirSync(join(place.home, "certs"));
    const program = serve(["--certs-dir", "certs"], {
      ...CREDENTIALS,
      MINIO_REGIO: "x",
      MINIO_BROWSER: "off",
    });
    await program.printed("Auto-encryption");
    expect(program.err()).toBe(
      "WARNING: these settings are not known and have no effect: MINIO_REGIO.\n" +
        "WARNING: certs holds no public.crt and private.key: the server speaks HTTP, not HTTPS.\n",
    );
  });

  test("warns of a certificate that has expired, and serves all the same", async () => {
    const certs = join(place.home, "certs");
    mkdirSync(certs);
    writeCertificate(certs);
    openssl(
      ...["x509", "-in", join(certs, "public.crt"), "-signkey", join(certs, "private.key"), "-days", "-1"],
      ...["-out", join(certs, "old.crt")],
    );
    openssl("x509", "-in", join(certs, "old.crt"), "-out", join(certs, "public.crt"));
    const program = serve(["--certs-dir", "certs"]);
    await program.printed("Auto-encryption");
    expect(program.err()).toMatch(
      /^WARNING: the certificate expired on .* GMT\. Clients will refuse it\.\n$/,
    );
    expect(program.out()).toContain("https://127.0.0.1:");
  });

  test("leaves the server alone when the reader of it goes away", async () => {
    const program = serve();
    const port = portIn(await program.printed("Auto-encryption"));
    program.child.stdout?.destroy();
    program.child.stderr?.destroy();
    program.child.kill("SIGHUP");
    const wire = await Wire.open(port).catch(() => undefined);
    wire?.destroy();
    program.child.kill("SIGTERM");
    const { code } = await program.ended;
    expect([0, null]).toContain(code);
  });
});

for (const runtime of installedRuntimes()) {
  describe(`on ${runtime}`, () => {
    test.each(
      [
        ["SIGTERM", "TERMINATED"],
        ["SIGINT", "INTERRUPT"],
      ] as const,
    )("%s lets an upload in flight finish, says goodbye and ends with 0", async (signal, name) => {
      const program = serve([], CREDENTIALS, runtime);
      const port = portIn(await program.printed("Auto-encryption"));
      const first = await Wire.open(port);
      first.send(head("PUT", port, "/bucket"));
      expect(await first.until("\r\n\r\n")).toStartWith("HTTP/1.1 200 ");
      const upload = await Wire.open(port);
      upload.send(head("PUT", port, "/bucket/key", 10));
      upload.send("12345");
      await Bun.sleep(200);
      program.child.kill(signal);
      await program.printed(`Exiting on signal: ${name}\n`);
      await first.closed();
      await refused(port);
      upload.send("67890");
      const answer = await upload.closed();
      expect(answer).toStartWith("HTTP/1.1 200 ");
      expect(answer).toMatch(/\r\nconnection: close\r\n/i);
      expect((await program.ended).code).toBe(0);

      const again = serve([], CREDENTIALS, runtime);
      const portAgain = portIn(await again.printed("Auto-encryption"));
      const reader = await Wire.open(portAgain);
      reader.send(head("GET", portAgain, "/bucket/key"));
      expect(await reader.until("1234567890")).toEndWith("\r\n\r\n1234567890");
    }, 60_000);

    test("an upload that does not finish is cut at the deadline, and leaves nothing", async () => {
      const program = serve([], { ...CREDENTIALS, MINIO_SHUTDOWN_TIMEOUT: "300ms" }, runtime);
      const port = portIn(await program.printed("Auto-encryption"));
      const upload = await Wire.open(port);
      upload.send(head("PUT", port, "/bucket"));
      await upload.until("\r\n\r\n");
      upload.send(head("PUT", port, "/bucket/key", 10));
      upload.send("12345");
      await Bun.sleep(200);
      program.child.kill("SIGTERM");
      expect((await program.ended).code).toBe(0);
    }, 30_000);

    test("a second signal ends it at once with 1", async () => {
      const program = serve([], { ...CREDENTIALS, MINIO_SHUTDOWN_TIMEOUT: "1h" }, runtime);
      const port = portIn(await program.printed("Auto-encryption"));
      const upload = await Wire.open(port);
      upload.send(head("PUT", port, "/bucket"));
      await upload.until("\r\n\r\n");
      upload.send(head("PUT", port, "/bucket/key", 10));
      upload.send("12345");
      await Bun.sleep(200);
      program.child.kill("SIGTERM");
      await program.printed("Exiting on signal");
      await Bun.sleep(800);
      program.child.kill("SIGTERM");
      expect((await program.ended).code).toBe(1);
    }, 30_000);

    test("SIGHUP brings a new certificate into use, and a broken one leaves the old", async () => {
      const certs = join(place.home, "certs");
      mkdirSync(certs);
      writeCertificate(certs, { name: "first" });
      const program = serve(["--certs-dir", certs], CREDENTIALS, runtime);
      const port = portIn(await program.printed("Auto-encryption"));
      const named = async () => {
        let peer: TLSSocket | undefined;
        const wire = await Wire.open(
          port,
          (to) => (peer = connectTls({ port: to, host: "127.0.0.1", rejectUnauthorized: false })),
        );
        const name = peer?.getPeerCertificate().subject.CN;
        wire.send(head("GET", port, "/"));
        const status = (await wire.until("\r\n\r\n")).slice(9, 12);
        wire.destroy();
        return [name, status];
      };
      expect(await named()).toEqual(["first", "200"]);
      writeCertificate(certs, { name: "second" });
      program.child.kill("SIGHUP");
      await program.printed("the certificate was renewed");
      expect(await named()).toEqual(["second", "200"]);
      await Bun.write(join(certs, "private.key"), Buffer.from("no key"));
      program.child.kill("SIGHUP");
      await program.printed("the certificate was not renewed; the old one stays.");
      expect(await named()).toEqual(["second", "200"]);
      program.child.kill("SIGTERM");
      expect((await program.ended).code).toBe(0);
    }, 30_000);
  });
}
