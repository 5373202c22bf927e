import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import manifest from "../../package.json" with { type: "json" };
import { send } from "../raw-client.ts";
import { startServer } from "../running-server.ts";
import { Built } from "./built.ts";
import { readTrace } from "./traced.ts";

const ROOT = resolve(import.meta.dirname, "../..");

let built: Built;
beforeAll(() => void (built = new Built()), 60_000);
afterAll(() => built.remove());

/** Runs the executable in a directory with nothing but this environment. */
function run(words: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}) {
  const { status, stdout, stderr } = spawnSync(built.path, words, { cwd, env, encoding: "utf8" });
  return { status, out: stdout, err: stderr };
}

test("two builds give the same bytes, whatever the file is called", () => {
  const hash = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");
  expect(hash(built.build("another-name"))).toBe(hash(built.path));
}, 60_000);

test("it holds no path of the machine that it was built on", () => {
  const bytes = readFileSync(built.path);
  for (const path of [ROOT, built.directory]) expect(bytes.includes(path)).toBe(false);
});

test("--version says the version, the commit and the runtime", () => {
  const { status, out } = run(["--version"], built.directory);
  const { stdout } = spawnSync("git", ["rev-parse", "HEAD"], { cwd: ROOT, encoding: "utf8" });
  const commit = stdout.trim() || "unknown";
  expect(status).toBe(0);
  expect(out.replace(" with changes", "")).toBe(
    `minio-ts version ${manifest.version} (commit ${commit}, bun ${Bun.version})\n`,
  );
});

test("licenses names every package that is inside, with its licence", async () => {
  const { out } = run(["licenses"], built.directory);
  const { metafile } = await Bun.build({
    entrypoints: [join(ROOT, "main.ts"), join(ROOT, "src/digest/worker.ts")],
    target: "bun",
    metafile: true,
  });
  const inside = Object.keys(metafile?.inputs ?? {}).flatMap((path) =>
    /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []
  );
  expect(inside).toContain("hono");
  for (const name of ["bun", ...new Set(inside)]) expect(out).toContain(`\n  ${name} `);
  expect(out).toContain("Permission is hereby granted, free of charge");
});

test("nothing that lies in the working directory changes what it does", () => {
  const place = built.place("hostile");
  const files = {
    ".env": "MINIO_ROOT_USER=ab\n",
    "bunfig.toml": 'preload = ["./intruder.ts"]\n',
    "intruder.ts": 'console.log("intruder")\n',
    "package.json": '{"name":"intruder","imports":{"#x":"./intruder.ts"}}',
    "tsconfig.json": '{"compilerOptions":{"paths":{"*":["./intruder.ts"]}}}',
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(place, name), text);
  expect(run(["--version"], place)).toEqual(run(["--version"], built.directory));
  const words = ["server", "--address", "256.0.0.1:9000", "data"];
  const [here, there] = [run(words, place), run(words, built.place("plain"))];
  expect(here).toEqual(there);
});

const canTrace = existsSync("/usr/bin/strace");
if (!canTrace) console.warn("SKIPPED: strace is not installed; what the executable opens is not looked at");

describe.skipIf(!canTrace)("a server that is traced while it stores and gives back an object", () => {
  /** What every program of the machine reads: its libraries, the kernel's tables, names and the time zone. */
  const SYSTEM = /^\/(proc|sys|dev|lib|lib64|usr\/lib|usr\/share\/zoneinfo|etc\/[^/]+)(\/|$)/;

  test("reads and writes in its directory only, and calls nobody", async () => {
    const trace = join(built.directory, "trace");
    const server = await startServer({
      program: ["/usr/bin/strace", "-f", "-I4", "-e", "trace=file,network", "-o", trace, built.path],
    });
    const body = randomBytes(3_000_000);
    const md5 = createHash("md5").update(body).digest("hex");
    await send(server, { method: "PUT", target: "/traced" });
    const put = await send(server, { method: "PUT", target: "/traced/big", body });
    const get = await send(server, { method: "GET", target: "/traced/big" });
    expect([put.headers.get("etag"), get.body.equals(body)]).toEqual([`"${md5}"`, true]);
    // strace hands the signal on to nobody, so the server itself is told to end.
    process.kill(Number(/^(\d+) /.exec(readFileSync(trace, "utf8"))?.[1]), "SIGTERM");
    await server.stop();
    server.remove();

    const { read, written, called } = readTrace(trace);
    const home = dirname(server.directory);
    const foreign = (paths: readonly string[]) =>
      paths.filter((path) =>
        !path.startsWith(`${home}/`) && !home.startsWith(path.replace(/\/$/, "")) && path !== built.path
      );
    expect(foreign(read).filter((path) => !SYSTEM.test(path))).toEqual([]);
    expect(foreign(written)).toEqual([]);
    expect(called).toEqual([]);
    expect(written.some((path) => path.startsWith(join(server.directory, "blobs")))).toBe(true);
  }, 30_000);
});
