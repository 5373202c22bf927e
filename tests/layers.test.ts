import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

const SRC = resolve(import.meta.dirname, "../src");

/**
 * Each layer with the layers that it may import, itself included. Files directly in src form the layer `app`. The store
 * that is another server speaks HTTP with it, which is no business of the others.
 */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  crypto: ["crypto"],
  errors: ["errors"],
  log: ["log", "errors"],
  digest: ["digest", "errors"],
  config: ["config", "crypto", "errors"],
  http: ["http", "errors", "log"],
  sigv4: ["sigv4", "crypto", "http"],
  xml: ["xml", "errors"],
  kms: ["kms", "crypto", "errors", "http", "log"],
  store: ["store", "crypto", "errors", "log"],
  "store/s3": ["store/s3", "store", "crypto", "digest", "errors", "http", "log", "sigv4", "xml"],
  sse: ["sse", "crypto", "kms", "store", "errors", "http"],
  auth: ["auth", "crypto", "digest", "errors", "http", "sigv4", "store"],
  s3: ["s3", "auth", "sse", "store", "crypto", "digest", "http", "xml", "errors", "log"],
  metrics: ["metrics", "s3", "kms", "store", "crypto", "errors"],
  audit: ["audit", "s3", "http", "crypto", "log"],
  app: ["app", "metrics", "s3", "auth", "sse", "store", "kms", "http", "errors", "log", "digest", "crypto"],
  cli: [
    "cli",
    "app",
    "metrics",
    "audit",
    "s3",
    "auth",
    "sse",
    "store",
    "store/s3",
    "kms",
    "http",
    "errors",
    "log",
    "digest",
    "config",
    "crypto",
  ],
};

function layerOf(path: string): string {
  const [name = "", part = ""] = relative(SRC, path).split("/");
  if (`${name}/${part}` in LAYERS) return `${name}/${part}`;
  return name.endsWith(".ts") ? "app" : name;
}

const files = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts"))
  .map((name) => join(SRC, name));

/** Files of src, each with those that it imports. */
const imports = new Map(files.map((file) => {
  const targets = [...readFileSync(file, "utf8").matchAll(/from\s+"(\.[^"]+)"/g)]
    .map(([, target = ""]) => join(dirname(file), target));
  return [file, targets.filter((target) => !target.endsWith("/package.json"))] as const;
}));

test("imports point down through the layers only", () => {
  const wrong: string[] = [];
  for (const [file, targets] of imports) {
    for (const imported of targets.map(layerOf)) {
      if (LAYERS[layerOf(file)]?.includes(imported)) continue;
      wrong.push(`${relative(SRC, file)} imports ${imported}`);
    }
  }
  expect(wrong).toEqual([]);
});

test("no file imports itself by way of others", () => {
  const done = new Set<string>();
  const circles: string[] = [];
  const follow = (file: string, way: readonly string[]): void => {
    if (way.includes(file)) {
      const circle = [...way.slice(way.indexOf(file)), file];
      circles.push(circle.map((name) => relative(SRC, name)).join(" -> "));
    }
    if (done.has(file) || way.includes(file)) return;
    for (const target of imports.get(file) ?? []) follow(target, [...way, file]);
    done.add(file);
  };
  for (const file of files) follow(file, []);
  expect(circles).toEqual([]);
});

test("no source file has more than 400 lines", () => {
  const long = files.filter((file) => readFileSync(file, "utf8").split("\n").length > 401);
  expect(long.map((file) => relative(SRC, file))).toEqual([]);
});
