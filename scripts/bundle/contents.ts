import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { noticesText } from "../../src/cli/licenses.ts";
import { installedNotices } from "../../src/cli/notices.ts";
import { VERSION } from "../../src/cli/version.ts";
import { bunNotice } from "../compile/bun-notice.ts";
import { executableName, type Target } from "../compile/targets.ts";
import { environmentFile } from "./environment-file.ts";
import type { Packed } from "./packed.ts";
import { sbom } from "./sbom.ts";

const ROOT = join(import.meta.dirname, "../..");
const TEMPLATES = join(import.meta.dirname, "templates");
const COPIED = [
  "install.sh",
  "systemd/minio-ts.service",
  "docker/Dockerfile",
  "docker/context.sh",
  "docker/compose.yaml",
  "docker/vault.hcl",
];

/** Everything in the bundle, with its sums. @param built where the executable of each target lies */
export function bundleContents(built: ReadonlyMap<Target, string>): readonly Packed[] {
  const notices = [bunNotice(Bun.version), ...installedNotices(ROOT)];
  const lock = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8"));
  const executables = [...built].map(([target, path]) =>
    packed(`bin/${target}/${executableName(target)}`, readFileSync(path), true)
  );
  const hashed = executables.map(({ path, bytes }) => ({ path, sha256: sha256(bytes) }));
  const files = [
    ...executables,
    ...COPIED.map((name) => packed(name, readFileSync(join(TEMPLATES, name)), name.endsWith(".sh"))),
    packed("systemd/minio-ts.env", environmentFile()),
    packed("README.md", readFileSync(join(ROOT, "README.md"))),
    packed("LICENSE", readFileSync(join(ROOT, "LICENSE"))),
    packed("THIRD-PARTY-LICENSES.txt", noticesText(notices)),
    packed("sbom.cdx.json", sbom(VERSION, notices, lock, hashed)),
  ];
  const sums = files.map(({ path, bytes }) => `${sha256(bytes)}  ${path}\n`);
  return [...files, packed("SHA256SUMS", sums.join(""))];
}

function packed(path: string, content: string | Uint8Array, executable = false): Packed {
  return { path, bytes: typeof content === "string" ? Buffer.from(content) : content, executable };
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
