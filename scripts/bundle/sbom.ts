import { Buffer } from "node:buffer";
import type { Notice } from "../../src/cli/notices.ts";

/** What of package-lock.json is read. */
export interface Lock {
  readonly packages: Readonly<Record<string, { readonly integrity?: string }>>;
}

/** An executable by the path in the bundle. */
export interface Hashed {
  readonly path: string;
  /** In hexadecimal. */
  readonly sha256: string;
}

/**
 * The bill of materials in CycloneDX 1.5: everything of others inside the executables, and the executables themselves.
 * It has no serial number and no time, so that the same input gives the same bytes.
 */
export function sbom(
  version: string,
  notices: readonly Notice[],
  lock: Lock,
  executables: readonly Hashed[],
): string {
  const self = `pkg:npm/minio-ts@${version}`;
  const components = notices.map((notice) => component(notice, lock));
  const document = {
    $schema: "http://cyclonedx.org/schema/bom-1.5.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    version: 1,
    metadata: {
      component: {
        "type": "application",
        "bom-ref": self,
        "name": "minio-ts",
        version,
        "purl": self,
        "licenses": [{ license: { id: "Apache-2.0" } }],
      },
    },
    components: [
      ...components,
      ...executables.map(({ path, sha256 }) => ({
        "type": "file",
        "bom-ref": path,
        "name": path,
        "hashes": [{ alg: "SHA-256", content: sha256 }],
      })),
    ],
    dependencies: [{ ref: self, dependsOn: components.map((each) => each["bom-ref"]) }],
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function component({ name, version, license, source }: Notice, lock: Lock) {
  const purl = `pkg:npm/${name.replace("@", "%40")}@${version}`;
  const integrity = lock.packages[`node_modules/${name}`]?.integrity;
  return {
    "type": name === "bun" ? "platform" : "library",
    "bom-ref": purl,
    name,
    version,
    purl,
    "licenses": [{ license: { id: license } }],
    // Of the package as npm distributes it.
    "hashes": integrity === undefined ? [] : [{ alg: "SHA-512", content: hexOf(integrity) }],
    "externalReferences": [{ type: "distribution", url: source }],
  };
}

function hexOf(integrity: string): string {
  return Buffer.from(integrity.replace("sha512-", ""), "base64").toString("hex");
}
