import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import manifest from "../package.json" with { type: "json" };
import { withSettings } from "../scripts/settings-table.ts";
import { newPlace, run } from "./cli/program.ts";

const ROOT = join(import.meta.dirname, "..");
const readme = readFileSync(join(ROOT, "README.md"), "utf8");

test("the README lists the settings of today (otherwise run: bun scripts/settings-table.ts)", () => {
  expect(readme).toBe(withSettings(readme));
});

test("the README names every command that there is, and no other", async () => {
  const place = newPlace();
  const { out } = await run(place, ["help"]);
  place.remove();
  const commands = [...(out.split("COMMANDS:\n")[1]?.split("\n\n")[0] ?? "").matchAll(/^ {2}(\S+)/gm)];
  const named = [...readme.matchAll(/^minio-ts (\S+)/gm)];
  const sorted = (matches: RegExpExecArray[]) => [...new Set(matches.map((match) => match[1] ?? ""))].sort();
  expect(sorted(named)).toEqual(sorted(commands));
});

test("the commands of the README are scripts of npm and tasks of Deno", () => {
  const { tasks } = JSON.parse(readFileSync(join(ROOT, "deno.json"), "utf8"));
  const npm = [...readme.matchAll(/npm (?:run )?(start|test|check|compile|bundle)/g)].map((match) =>
    match[1]
  );
  const deno = [...readme.matchAll(/deno task (\w+)/g)].map((match) => match[1]);
  expect(Object.keys(manifest.scripts)).toEqual(expect.arrayContaining(npm));
  expect(Object.keys(tasks)).toEqual(expect.arrayContaining(deno));
});
