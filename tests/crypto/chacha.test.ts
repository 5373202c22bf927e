import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { expect, test } from "bun:test";
import { chaChaVectors, openChaCha } from "./chacha.ts";

const empty = chaChaVectors.filter((v) => v.plaintext_len === 0).length;
const all = { opened: 2 * chaChaVectors.length, refused: 2 * (chaChaVectors.length - empty), unsupported: 0 };

test("ChaCha20-Poly1305 is read, or refused as unsupported where the runtime lacks it", async () => {
  const count = await openChaCha();
  expect(count.opened + count.unsupported).toBe(2 * chaChaVectors.length);
  if (count.unsupported === 0) expect(count).toEqual(all);
  else expect(count.opened).toBe(2 * empty);
});

const node = join(dirname(createRequire(import.meta.url).resolve("node/package.json")), "bin/node");

test.skipIf(!existsSync(node))("Node reads ChaCha20-Poly1305", () => {
  const script = `console.log(JSON.stringify(await (await import("./chacha.ts")).openChaCha()))`;
  const output = execFileSync(node, ["--input-type=module", "-e", script], {
    cwd: import.meta.dir,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  expect(JSON.parse(output)).toEqual(all);
});
