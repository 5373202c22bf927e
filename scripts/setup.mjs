// Installs what is missing, so that one command works on a fresh machine. Plain JavaScript, because it has to run on
// what is there before anything is installed: Node 20 with npm, or Deno alone.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, "node_modules");
const onDeno = process.versions.deno !== undefined;

if (!isInstalled()) install();
if (!works("bun")) link("bun", bunBinary());
// The npm package of Deno starts it through Node, which need not be there.
if (onDeno) link("deno", process.execPath);

/** Whether every package that package.json names is there in the version of the lock file. */
function isInstalled() {
  const { dependencies, devDependencies } = readJson(join(root, "package.json"));
  const locked = readJson(join(root, "package-lock.json")).packages;
  return Object.keys({ ...dependencies, ...devDependencies }).every((name) => {
    const manifest = join(modules, name, "package.json");
    return existsSync(manifest) && readJson(manifest).version === locked[`node_modules/${name}`].version;
  });
}

function install() {
  // A lock file of Deno's own would go before package-lock.json, from which Deno takes its versions otherwise.
  rmSync(join(root, "deno.lock"), { force: true });
  const [command, ...words] = onDeno
    ? [process.execPath, "install", "--node-modules-dir=auto"]
    : ["npm", "ci", "--no-audit", "--no-fund"];
  const { status, error } = spawnSync(command, words, { cwd: root, stdio: "inherit" });
  if (status !== 0) fail(`${command} ${words.join(" ")} failed${error ? `: ${error.message}` : "."}`);
}

/** Whether a command of the packages starts. One whose install script did not run does not. */
function works(name) {
  return spawnSync(join(modules, ".bin", name), ["--version"], { stdio: "ignore" }).status === 0;
}

function link(name, target) {
  const path = join(modules, ".bin", name);
  rmSync(path, { force: true });
  symlinkSync(target, path);
  if (!works(name)) fail(`${target} does not run on this machine.`);
}

/** The executable in Bun's package for this machine, which the install script would have put in place. */
function bunBinary() {
  const { platform, arch } = process;
  const kind = `@oven/bun-${platform}-${arch === "arm64" ? "aarch64" : arch}`;
  const require = createRequire(join(realpathSync(join(modules, "bun")), "package.json"));
  for (const name of [kind, `${kind}-musl`]) {
    try {
      const binary = require.resolve(`${name}/bin/bun`);
      if (spawnSync(binary, ["--version"], { stdio: "ignore" }).status === 0) return binary;
    } catch {
      continue;
    }
  }
  return fail(`Bun has no package that runs on ${platform} ${arch}.`);
}

function readJson(path) {
  return JSON.parse(readFileSync(path, "utf8"));
}

function fail(message) {
  process.stderr.write(`setup: ${message}\n`);
  process.exit(1);
}
