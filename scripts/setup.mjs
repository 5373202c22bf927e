// Installs what is missing, so that one command works on a fresh machine. Plain JavaScript, because it has to run on
// what is there before anything is installed: Node 20 with npm, or Deno alone.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, "node_modules");
const onDeno = process.versions.deno !== undefined;

if (!isInstalled()) install();
if (!runs(join(modules, ".bin", "bun"))) linkBun();
const deno = join(modules, "deno", "deno");
// Its install script would have put it there; the Deno that runs this is as good.
if (onDeno && !runs(deno)) link(deno, process.execPath);

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

/**
 * Puts Bun's executable for this machine in the place of the command, where the package only has a stub when its install
 * script did not run.
 */
function linkBun() {
  const { platform, arch } = process;
  const kind = `@oven/bun-${platform}-${arch === "arm64" ? "aarch64" : arch}`;
  const packages = dirname(realpathSync(join(modules, "bun")));
  const binary = [kind, `${kind}-musl`].map((name) => join(packages, name, "bin", "bun")).find(runs);
  if (binary === undefined) fail(`Bun has no package that runs on ${platform} ${arch}.`);
  link(join(modules, ".bin", "bun"), binary);
}

function link(path, target) {
  rmSync(path, { force: true });
  symlinkSync(target, path);
}

function runs(executable) {
  return spawnSync(executable, ["--version"], { stdio: "ignore" }).status === 0;
}

function readJson(path) {
  return JSON.parse(readFileSync(path, "utf8"));
}

function fail(message) {
  process.stderr.write(`setup: ${message}\n`);
  process.exit(1);
}
