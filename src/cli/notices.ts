import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Something of others that the executable contains, and the terms that it comes under. */
export interface Notice {
  readonly name: string;
  readonly version: string;
  /** SPDX expression. */
  readonly license: string;
  /** Where it comes from. */
  readonly source: string;
  /** The licence itself. */
  readonly text: string;
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly author?: string | { readonly name: string };
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** The packages that a source tree runs on, with all that these need, by name. */
export function installedNotices(root: string): readonly Notice[] {
  const modules = join(root, "node_modules");
  const found = new Map<string, Notice>();
  const waiting = Object.keys(readManifest(root).dependencies ?? {});
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (found.has(name)) continue;
    const directory = join(modules, name);
    const manifest = readManifest(directory);
    found.set(name, noticeOf(manifest, directory));
    waiting.push(...Object.keys(manifest.dependencies ?? {}));
  }
  return [...found.values()].sort((a, b) => a.name < b.name ? -1 : 1);
}

function noticeOf(manifest: Manifest, directory: string): Notice {
  const { name, version, license } = manifest;
  return {
    name,
    version,
    license,
    source: `https://www.npmjs.com/package/${name}`,
    text: licenceFiles(directory) || withoutFile(manifest),
  };
}

function licenceFiles(directory: string): string {
  return readdirSync(directory)
    .filter((file) => /^(licen[cs]e|notice|copying)\b/i.test(file))
    .sort()
    .map((file) => readFileSync(join(directory, file), "utf8").trim())
    .join("\n\n");
}

function withoutFile({ license, author }: Manifest): string {
  const holder = typeof author === "object" ? author.name : author;
  return `${
    holder === undefined ? "" : `Copyright ${holder}\n\n`
  }The package has no file with its licence. ` +
    `Its package.json says: ${license}, see https://spdx.org/licenses/${license}.html`;
}

function readManifest(directory: string): Manifest {
  return JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));
}
